"""The attributes of items or users as typed arrays, which filters, metadata and models read.

Text is dictionary-encoded: each distinct value is stored once in a vocabulary, and rows have its code. A row
of a categorical column may have several values ("drama|war"), so rows point into an array of codes by
offsets. A null has no codes; it is NaN in a column of numbers and -1 in a column of booleans. All arrays are
opened as memory maps.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import Ids, open_array, save_array
from tastemaker.notation import SEPARATOR

CATEGORICAL, STRING, NUMBER, BOOLEAN = "categorical", "string", "number", "boolean"
COLUMN_TYPES = (CATEGORICAL, STRING, NUMBER, BOOLEAN)

Value = str | float | bool | None
Part = TypeVar("Part")


class Column:
    """One attribute of every row.

    column_type  arrays
    categorical  `vocabulary`: Ids, `offsets`: int64[rows + 1], `codes`: int32[values]; row `i` has the values
                 `codes[offsets[i]:offsets[i + 1]]`, in the order of its text
    string       the same, with one value per row at most
    number       `values`: float64[rows], NaN where null
    boolean      `values`: int8[rows], -1 where null

    Raises TypeError for an array that the type does not have.
    """

    def __init__(
        self,
        column_type: str,
        *,
        vocabulary: Ids | None = None,
        offsets: NDArray[np.int64] | None = None,
        codes: NDArray[np.int32] | None = None,
        values: NDArray[Any] | None = None,
    ) -> None:
        if column_type not in COLUMN_TYPES:
            raise ValueError(f"a column is one of {', '.join(COLUMN_TYPES)}, not {column_type!r}")
        self.column_type = column_type
        self._vocabulary, self._offsets, self._codes, self._values = vocabulary, offsets, codes, values

    @classmethod
    def build(cls, column_type: str, values: Sequence[Value] | NDArray[Any]) -> Column:
        """A column with one value per row. None is null, and NaN is null in a column of numbers."""
        if column_type == NUMBER:
            # numpy converts None to NaN if the type is given.
            return cls(column_type, values=np.asarray(values, dtype=np.float64))
        if column_type == BOOLEAN:
            triples = (-1 if value is None else int(bool(value)) for value in values)
            return cls(column_type, values=np.fromiter(triples, np.int8, len(values)))
        # Cells repeat, so each distinct cell is split and encoded once.
        cells: set[str] = {cell for cell in values if cell is not None}  # type: ignore[misc]
        parts = {cell: cell.split(SEPARATOR) if column_type == CATEGORICAL else [cell] for cell in cells}
        vocabulary = Ids.build(chain.from_iterable(parts.values()))
        code = {text: position for position, text in enumerate(vocabulary.tolist())}
        coded: dict[Value, list[int]] = {cell: [code[part] for part in of] for cell, of in parts.items()}
        coded[None] = []
        rows = [coded[cell] for cell in values]
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, rows), np.int64, len(rows)), out=offsets[1:])
        codes = np.fromiter(chain.from_iterable(rows), np.int32, int(offsets[-1]))
        return cls(column_type, vocabulary=vocabulary, offsets=offsets, codes=codes)

    @property
    def vocabulary(self) -> Ids:
        """The distinct values of a column of text."""
        return self._have(self._vocabulary, "vocabulary")

    @property
    def offsets(self) -> NDArray[np.int64]:
        """int64[rows + 1]: where the codes of each row begin, and where those of the last row end."""
        return self._have(self._offsets, "offsets")

    @property
    def codes(self) -> NDArray[np.int32]:
        """Positions in the vocabulary."""
        return self._have(self._codes, "codes")

    @property
    def values(self) -> NDArray[Any]:
        """Numbers (float64) or booleans (int8)."""
        return self._have(self._values, "values")

    def _have(self, part: Part | None, name: str) -> Part:
        if part is None:
            raise TypeError(f"a {self.column_type} column has no {name}")
        return part

    @property
    def is_text(self) -> bool:
        """Whether the column is dictionary-coded."""
        return self.column_type in (CATEGORICAL, STRING)

    def __len__(self) -> int:
        return len(self.offsets) - 1 if self.is_text else len(self.values)

    def value(self, row: int) -> Value:
        """The value of a row: text, with several values joined by `SEPARATOR`, a float, a bool, or None."""
        if self.is_text:
            codes = self.codes[self.offsets[row] : self.offsets[row + 1]]
            return SEPARATOR.join(self.vocabulary.take(codes)) if len(codes) else None
        if self.column_type == BOOLEAN:
            flag = int(self.values[row])
            return None if flag < 0 else bool(flag)
        number = float(self.values[row])
        return None if np.isnan(number) else number

    def joined(self, other: Column | None, rows: int) -> Column:
        """The rows of this column, then those of `other`, or `rows` nulls if `other` is None."""
        more = Column.build(self.column_type, [None] * rows) if other is None else other
        if not self.is_text:
            return Column(self.column_type, values=np.concatenate([self.values, more.values]))
        own, theirs = self.vocabulary, more.vocabulary
        if (theirs_in_own := own.indexes(theirs.tolist())).min(initial=0) >= 0:
            words, codes = own, self.codes
        else:
            words = Ids.build([*own.tolist(), *theirs.tolist()])
            codes = words.indexes(own.tolist())[self.codes]
            theirs_in_own = words.indexes(theirs.tolist())
        return Column(
            self.column_type,
            vocabulary=words,
            offsets=np.concatenate([self.offsets, self.offsets[-1] + more.offsets[1:]]),
            codes=np.concatenate([codes, theirs_in_own[more.codes]]).astype(np.int32),
        )

    def save(self, folder: Path, name: str) -> None:
        """Write `<name>.<column_type>.npy`, and for text `<name>.rows.npy` and a vocabulary."""
        save_array(folder / f"{name}.{self.column_type}.npy", self.codes if self.is_text else self.values)
        if self.is_text:
            save_array(folder / f"{name}.rows.npy", self.offsets)
            self.vocabulary.save(folder, f"{name}.vocabulary")

    @classmethod
    def open(cls, folder: Path, name: str) -> Column:
        """Open what `save` wrote as memory maps. Raises FileNotFoundError."""
        for column_type in COLUMN_TYPES:
            path = folder / f"{name}.{column_type}.npy"
            if path.exists():
                break
        else:
            raise FileNotFoundError(f"no column {name} in {folder}")
        if column_type in (NUMBER, BOOLEAN):
            return cls(column_type, values=open_array(path))
        return cls(
            column_type,
            vocabulary=Ids.open(folder, f"{name}.vocabulary"),
            offsets=open_array(folder / f"{name}.rows.npy"),
            codes=open_array(path),
        )

    def __repr__(self) -> str:
        return f"<Column: {self.column_type}, {len(self)} rows>"


class Columns(Mapping[str, Column]):
    """The columns of one dataset by name, in order, all with the same number of `rows`."""

    def __init__(self, columns: Mapping[str, Column] | None = None, *, rows: int | None = None) -> None:
        """`rows` is needed only if there are no columns. Raises ValueError if lengths differ."""
        self._columns = dict(columns or {})
        lengths = {name: len(column) for name, column in self._columns.items()}
        self.rows = next(iter(lengths.values()), 0) if rows is None else rows
        for name, length in lengths.items():
            if length != self.rows:
                raise ValueError(f"column {name} has {length} rows where {self.rows} are expected")
        self._folded = {name.casefold(): name for name in self._columns}

    @classmethod
    def build(cls, column_types: Mapping[str, str], records: Sequence[Mapping[str, Value]]) -> Columns:
        """Columns of these types from records, for small data. Absent members are null."""
        built = {
            name: Column.build(column_type, [record.get(name) for record in records])
            for name, column_type in column_types.items()
        }
        return cls(built, rows=len(records))

    @classmethod
    def of_properties(cls, column_types: Mapping[str, str], records: Sequence[Mapping[str, Any]]) -> Columns:
        """Columns of upserted properties: those of `column_types`, and others that some record has.

        A newer schema may have added a field. Its type follows from its first value.
        """
        every = dict(column_types)
        for record in records:
            for name, value in record.items():
                if name not in every and value is not None:
                    every[name] = _type_of(value)
        rows = [
            {name: cell(every[name], value) for name, value in record.items() if name in every}
            for record in records
        ]
        return cls.build(every, rows)

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def find(self, name: str) -> Column | None:
        """The column of this name in any case, or None."""
        found = self._folded.get(name.casefold())
        return None if found is None else self._columns[found]

    def record(self, row: int) -> dict[str, Value]:
        """The values of one row by column name."""
        return {name: column.value(row) for name, column in self._columns.items()}

    def joined(self, other: Columns) -> Columns:
        """The rows of these columns, then those of `other`, where absent columns are null."""
        rows = {name: column.joined(other.get(name), other.rows) for name, column in self._columns.items()}
        return Columns(rows, rows=self.rows + other.rows)

    def save(self, folder: Path) -> None:
        """Write all columns and `columns.json` to a folder, which is created if it does not exist."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, column in self._columns.items():
            column.save(folder, name)
        column_types = {name: column.column_type for name, column in self._columns.items()}
        text = json.dumps({"rows": self.rows, "columns": column_types}, indent=1)
        (folder / "columns.json").write_text(text, encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> Columns:
        """Open what `save` wrote as memory maps. Raises FileNotFoundError."""
        contents = json.loads((folder / "columns.json").read_text(encoding="utf-8"))
        return cls({name: Column.open(folder, name) for name in contents["columns"]}, rows=contents["rows"])

    def __repr__(self) -> str:
        return f"<Columns: {', '.join(self) or 'none'}; {self.rows} rows>"


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return BOOLEAN
    return NUMBER if isinstance(value, (int, float)) else CATEGORICAL


def cell(column_type: str, value: Any) -> Value:
    """Return a property as a column of this type stores it; null if the type does not fit.

    The types differ after a dataset's schema has changed the type of a field.
    """
    if column_type == BOOLEAN:
        return value if isinstance(value, bool) else None
    if column_type == NUMBER:
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    return None if value is None else str(value)
