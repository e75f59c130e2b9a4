"""The attributes of items or users as typed arrays: what filters, metadata and models read.

Text is dictionary-coded: each distinct value is stored once, in a vocabulary, and rows hold its code. A row
of a categorical column may have several values ("drama|war"), so rows point into a list of codes by offsets.
A null has no codes, is NaN in a column of numbers, and -1 in a column of booleans. Everything opens by memory
map.
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
from tastemaker.schemas import SEPARATOR

CATEGORICAL, STRING, NUMBER, BOOLEAN = "categorical", "string", "number", "boolean"
KINDS = (CATEGORICAL, STRING, NUMBER, BOOLEAN)

Value = str | float | bool | None
Part = TypeVar("Part")


class Column:
    """One attribute of every row.

    kind         arrays
    categorical  `vocabulary`: Ids, `offsets`: int64[rows + 1], `codes`: int32[values]; row `i` has the values
                 `codes[offsets[i]:offsets[i + 1]]`, in the order of its text
    string       the same, with one value per row at most
    number       `values`: float64[rows], NaN where null
    boolean      `values`: int8[rows], -1 where null

    Asking for an array that the kind does not have raises TypeError.
    """

    def __init__(
        self,
        kind: str,
        *,
        vocabulary: Ids | None = None,
        offsets: NDArray[np.int64] | None = None,
        codes: NDArray[np.int32] | None = None,
        values: NDArray[Any] | None = None,
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"a column is one of {', '.join(KINDS)}, not {kind!r}")
        self.kind = kind
        self._vocabulary, self._offsets, self._codes, self._values = vocabulary, offsets, codes, values

    @classmethod
    def build(cls, kind: str, values: Sequence[Value] | NDArray[Any]) -> Column:
        """A column of one value per row; None is null, and so is NaN among numbers."""
        if kind == NUMBER:
            # numpy reads None as NaN when it is told the type.
            return cls(kind, values=np.asarray(values, dtype=np.float64))
        if kind == BOOLEAN:
            triples = (-1 if value is None else int(bool(value)) for value in values)
            return cls(kind, values=np.fromiter(triples, np.int8, len(values)))
        # Cells repeat, so each distinct cell is taken apart and coded once.
        cells: set[str] = {cell for cell in values if cell is not None}  # type: ignore[misc]
        parts = {cell: cell.split(SEPARATOR) if kind == CATEGORICAL else [cell] for cell in cells}
        vocabulary = Ids.build(chain.from_iterable(parts.values()))
        code = {text: position for position, text in enumerate(vocabulary.tolist())}
        coded: dict[Value, list[int]] = {cell: [code[part] for part in of] for cell, of in parts.items()}
        coded[None] = []
        rows = [coded[cell] for cell in values]
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, rows), np.int64, len(rows)), out=offsets[1:])
        codes = np.fromiter(chain.from_iterable(rows), np.int32, int(offsets[-1]))
        return cls(kind, vocabulary=vocabulary, offsets=offsets, codes=codes)

    @property
    def vocabulary(self) -> Ids:
        """The distinct values of a column of text."""
        return self._have(self._vocabulary, "vocabulary")

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Where each row's codes begin, and where the last row's end."""
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
            raise TypeError(f"a {self.kind} column has no {name}")
        return part

    @property
    def is_text(self) -> bool:
        """Whether the column is dictionary-coded."""
        return self.kind in (CATEGORICAL, STRING)

    def __len__(self) -> int:
        return len(self.offsets) - 1 if self.is_text else len(self.values)

    def value(self, row: int) -> Value:
        """A row's value as it came in: the text with its bars, a float, a bool, or None."""
        if self.is_text:
            codes = self.codes[self.offsets[row] : self.offsets[row + 1]]
            return SEPARATOR.join(self.vocabulary.take(codes)) if len(codes) else None
        if self.kind == BOOLEAN:
            flag = int(self.values[row])
            return None if flag < 0 else bool(flag)
        number = float(self.values[row])
        return None if np.isnan(number) else number

    def joined(self, other: Column | None, rows: int) -> Column:
        """The rows of this column and then those of another of its kind; None: `rows` nulls."""
        more = Column.build(self.kind, [None] * rows) if other is None else other
        if not self.is_text:
            return Column(self.kind, values=np.concatenate([self.values, more.values]))
        own, theirs = self.vocabulary, more.vocabulary
        if (theirs_in_own := own.indexes(theirs.tolist())).min(initial=0) >= 0:
            words, codes = own, self.codes
        else:
            words = Ids.build([*own.tolist(), *theirs.tolist()])
            codes = words.indexes(own.tolist())[self.codes]
            theirs_in_own = words.indexes(theirs.tolist())
        return Column(
            self.kind,
            vocabulary=words,
            offsets=np.concatenate([self.offsets, self.offsets[-1] + more.offsets[1:]]),
            codes=np.concatenate([codes, theirs_in_own[more.codes]]).astype(np.int32),
        )

    def save(self, folder: Path, name: str) -> None:
        """Write `<name>.<kind>.npy` (codes or values), and for text `<name>.rows.npy` and a vocabulary."""
        save_array(folder / f"{name}.{self.kind}.npy", self.codes if self.is_text else self.values)
        if self.is_text:
            save_array(folder / f"{name}.rows.npy", self.offsets)
            self.vocabulary.save(folder, f"{name}.vocabulary")

    @classmethod
    def open(cls, folder: Path, name: str) -> Column:
        """Map what `save` wrote. Raises FileNotFoundError."""
        for kind in KINDS:
            path = folder / f"{name}.{kind}.npy"
            if path.exists():
                break
        else:
            raise FileNotFoundError(f"no column {name} in {folder}")
        if kind in (NUMBER, BOOLEAN):
            return cls(kind, values=open_array(path))
        return cls(
            kind,
            vocabulary=Ids.open(folder, f"{name}.vocabulary"),
            offsets=open_array(folder / f"{name}.rows.npy"),
            codes=open_array(path),
        )

    def __repr__(self) -> str:
        return f"<Column: {self.kind}, {len(self)} rows>"


class Columns(Mapping[str, Column]):
    """The columns of one dataset by name, in order, all with the same number of `rows`."""

    def __init__(self, columns: Mapping[str, Column] | None = None, *, rows: int | None = None) -> None:
        """`rows` is needed only if there is no column. Raises ValueError if lengths differ."""
        self._columns = dict(columns or {})
        lengths = {name: len(column) for name, column in self._columns.items()}
        self.rows = next(iter(lengths.values()), 0) if rows is None else rows
        for name, length in lengths.items():
            if length != self.rows:
                raise ValueError(f"column {name} has {length} rows where {self.rows} are expected")
        self._folded = {name.casefold(): name for name in self._columns}

    @classmethod
    def build(cls, kinds: Mapping[str, str], records: Sequence[Mapping[str, Value]]) -> Columns:
        """Columns of these kinds from records; a member that a record lacks is null. For small data."""
        built = {
            name: Column.build(kind, [record.get(name) for record in records]) for name, kind in kinds.items()
        }
        return cls(built, rows=len(records))

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def find(self, name: str) -> Column | None:
        """The column of this name in whatever case, or None."""
        found = self._folded.get(name.casefold())
        return None if found is None else self._columns[found]

    def record(self, row: int) -> dict[str, Value]:
        """One row, by column name."""
        return {name: column.value(row) for name, column in self._columns.items()}

    def joined(self, other: Columns) -> Columns:
        """These columns with the rows of others behind their own; a column that those lack is null there."""
        rows = {name: column.joined(other.get(name), other.rows) for name, column in self._columns.items()}
        return Columns(rows, rows=self.rows + other.rows)

    def save(self, folder: Path) -> None:
        """Write all columns and `columns.json` into a folder, which is made if it is not there."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, column in self._columns.items():
            column.save(folder, name)
        kinds = {name: column.kind for name, column in self._columns.items()}
        text = json.dumps({"rows": self.rows, "columns": kinds}, indent=1)
        (folder / "columns.json").write_text(text, encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> Columns:
        """Map what `save` wrote. Raises FileNotFoundError."""
        contents = json.loads((folder / "columns.json").read_text(encoding="utf-8"))
        return cls({name: Column.open(folder, name) for name in contents["columns"]}, rows=contents["rows"])

    def __repr__(self) -> str:
        return f"<Columns: {', '.join(self) or 'none'}; {self.rows} rows>"


def cell(column_type: str, value: Any) -> Value:
    """Return a property as a column of this type stores it; null if the type does not fit.

    The types differ after a dataset's schema has changed the type of a field.
    """
    if column_type == BOOLEAN:
        return value if isinstance(value, bool) else None
    if column_type == NUMBER:
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    return None if value is None else str(value)
