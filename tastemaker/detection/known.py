"""The attributes of items or users, as they are found in files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from tastemaker.detection.attribute import Attribute
from tastemaker.detection.attributes import ITEMS, USERS
from tastemaker.detection.writing import CsvWriter
from tastemaker.schemas import Field

ID = {ITEMS: "ITEM_ID", USERS: "USER_ID"}


@dataclass
class Known:
    """The attributes of items or users as they are found, the newest last."""

    dataset: str
    attributes: Sequence[Attribute]
    rows: dict[str, list[str | None]] = field(default_factory=dict)

    def add(self, keys: pa.Array, columns: Sequence[pa.Array]) -> None:
        """Take the filled cells of rows."""
        if not self.attributes:
            return
        table = pa.table([keys, *columns], names=["key", *map(str, range(len(columns)))]).combine_chunks()
        grouped = table.group_by("key", use_threads=False).aggregate(
            [(str(place), "last") for place in range(len(columns))]
        )
        found = [grouped.column(f"{place}_last").to_pylist() for place in range(len(columns))]
        for row, key in enumerate(grouped.column("key").to_pylist()):
            cells = self.rows.get(key)
            if cells is None:
                self.rows[key] = [column[row] for column in found]
            else:
                for place, column in enumerate(found):
                    if column[row] is not None:
                        cells[place] = column[row]

    def write(self, path: Path) -> int:
        """Write the file. Returns the number of rows."""
        fields = self.fields
        with CsvWriter(path, [one.name for one in fields]) as file:
            keys = list(self.rows)
            for start in range(0, len(keys), 50_000):
                some = keys[start : start + 50_000]
                columns = [pa.array(some, pa.string())]
                for place in range(len(self.attributes)):
                    columns.append(pa.array([self.rows[key][place] for key in some], pa.string()))
                file.write(columns)
            return file.rows

    @property
    def fields(self) -> list[Field]:
        """The fields of the schema."""
        return [Field(ID[self.dataset], "string"), *(one.field for one in self.attributes)]

    @property
    def names(self) -> dict[str, str]:
        """Item → its name, from the column that names items."""
        place = next((number for number, one in enumerate(self.attributes) if one.field.item_name), None)
        if place is None:
            return {}
        return {key: name for key, cells in self.rows.items() if (name := cells[place])}

    def with_others(self, learned: Known) -> Known:
        """These attributes, and those of `learned` that have other names."""
        taken = {one.field.name for one in self.attributes}
        others = [place for place, one in enumerate(learned.attributes) if one.field.name not in taken]
        if not others:
            return self
        merged = Known(self.dataset, [*self.attributes, *(learned.attributes[place] for place in others)])
        for key in {**self.rows, **learned.rows}:
            cells = list(self.rows.get(key) or [None] * len(self.attributes))
            more = learned.rows.get(key)
            merged.rows[key] = cells + [more[place] if more else None for place in others]
        return merged
