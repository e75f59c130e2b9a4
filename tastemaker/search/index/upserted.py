"""Upserted items as parts of an index.

An upsert replaces a whole record, so the newest part with an item is right. Parts grow geometrically: a
change of a few items indexes a few items, and there are few parts. A refresh writes the first part beside the
bundle, so that a new process does not index everything that was upserted since the training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import Columns
from tastemaker.ids import Ids, open_array, save_array
from tastemaker.search.index.segment import MANIFEST, Segment

MERGE_RATIO = 4
"""A part that has at most so many times the rows of a newer one is joined with it."""

Upsert = tuple[Mapping[str, Any], float]
"""The properties of an item, and the time of the upsert in seconds since 1970."""


@dataclass(frozen=True)
class UpsertedPart:
    """Upserted items with their words and properties. `times` is float64[rows], seconds since 1970."""

    segment: Segment
    ids: Ids
    columns: Columns
    times: NDArray[np.float64]

    @classmethod
    def build(cls, column_types: Mapping[str, str], upserts: Mapping[str, Upsert]) -> UpsertedPart:
        """Index upserts by item. `column_types` are those of the bundle; other properties are added."""
        ids = Ids.build(upserts)
        columns = Columns.of_properties(column_types, [upserts[item][0] for item in ids.tolist()])
        times = np.array([upserts[item][1] for item in ids.tolist()], np.float64)
        return cls(Segment.build(columns), ids, columns, times)

    def save(self, folder: Path) -> None:
        """Write the part into a folder, which is created if it does not exist."""
        self.columns.save(folder / "columns")
        self.ids.save(folder, "ids")
        save_array(folder / "times.npy", self.times)
        self.segment.save(folder)

    @classmethod
    def open(cls, folder: Path) -> UpsertedPart | None:
        """Open what `save` wrote as memory maps; None if there is nothing in the folder."""
        if not (folder / MANIFEST).exists():
            return None
        return cls(
            Segment.open(folder),
            Ids.open(folder, "ids"),
            Columns.open(folder / "columns"),
            open_array(folder / "times.npy"),
        )

    @property
    def triple(self) -> tuple[Segment, Ids, Columns]:
        """The part as a reader takes it."""
        return self.segment, self.ids, self.columns


class UpsertedParts:
    """The parts of one bundle. `first` is what its refresh wrote."""

    def __init__(self, column_types: Mapping[str, str], first: UpsertedPart | None = None) -> None:
        self._column_types = column_types
        self._parts: list[UpsertedPart] = [] if first is None else [first]
        self._times: dict[str, float] = {}
        for part in self._parts:
            self._times.update(zip(part.ids.tolist(), part.times.tolist(), strict=True))

    def update(self, upserts: Mapping[str, Upsert]) -> Sequence[UpsertedPart]:
        """Index what is newer than all before. Returns the parts, oldest first. `upserts` has everything."""
        changed = {
            item: upsert for item, upsert in upserts.items() if upsert[1] > self._times.get(item, -np.inf)
        }
        if changed:
            self._times.update({item: at for item, (_, at) in changed.items()})
            while self._parts and len(self._parts[-1].ids) <= MERGE_RATIO * len(changed):
                before = self._parts.pop()
                known = {item: upserts[item] for item in before.ids.tolist() if item in upserts}
                changed = {**known, **changed}
            self._parts.append(UpsertedPart.build(self._column_types, changed))
        return list(self._parts)
