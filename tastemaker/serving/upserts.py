"""Items that were put one at a time since a bundle was written, laid over the bundle's own.

A put record replaces the whole record: a property that it lacks is null. Items that the bundle knows keep
their position and get new attributes; items that it does not know can be filtered, not yet recommended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import BOOLEAN, CATEGORICAL, NUMBER, STRING, Columns, Value
from tastemaker.filters import Filter, FilterContext
from tastemaker.ids import Ids

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Overlay:
    """`records` is id → properties by schema field; `items` and `columns` are the bundle's."""

    records: Mapping[str, Mapping[str, Any]]
    items: Ids
    columns: Columns

    @cached_property
    def ids(self) -> Ids:
        """The ids that were put."""
        return Ids.build(self.records)

    @cached_property
    def positions(self) -> NDArray[np.int32]:
        """int32[rows]: where each put item is in the bundle, -1 for one that it does not know."""
        return self.items.indexes(self.ids.tolist())

    @cached_property
    def put(self) -> Columns:
        """The attributes of what was put, one row per id of `ids`: columns of the bundle's kinds, and those
        that a wider schema has brought since.
        """
        kinds = {name: column.kind for name, column in self.columns.items()}
        for record in self.records.values():
            for name, value in record.items():
                if name not in kinds and value is not None:
                    kinds[name] = _kind(value)
        rows = [
            {name: cell(kinds[name], value) for name, value in self.records[one].items() if name in kinds}
            for one in self.ids.tolist()
        ]
        return Columns.build(kinds, rows)

    def get(self, item_id: str) -> Mapping[str, Any] | None:
        """The put record of an item, if there is one."""
        return self.records.get(item_id)

    def has_column(self, name: str) -> bool:
        """Whether what was put has a column of this name, in whatever case."""
        return self.put.find(name) is not None

    def mask(self, filter: Filter, context: FilterContext, base: Mask) -> Mask:
        """`base` (the filter over the bundle) with the rows of put items judged anew: bool[items]."""
        allowed = self.allowed(filter, context)
        known = self.positions >= 0
        mask = base.copy()
        mask[self.positions[known]] = allowed[known]
        return mask

    def allowed(self, filter: Filter, context: FilterContext) -> Mask:
        """What the filter allows of the put items, also of those that the bundle does not know: bool[rows].
        Events on items that the bundle does not know are not seen.
        """
        row_of = {int(place): row for row, place in enumerate(self.positions.tolist()) if place >= 0}
        events = {
            kind: np.array([row_of.get(int(place), -1) for place in places], np.int32)
            for kind, places in context.events.items()
        }
        return filter.mask(
            FilterContext(
                items=self.put,
                values=context.values,
                events=events,
                user=context.user,
                current_item=context.current_item,
                ids=self.ids,
                cache=context.cache,
            )
        )


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return BOOLEAN
    return NUMBER if isinstance(value, (int, float)) else CATEGORICAL


def cell(kind: str, value: Any) -> Value:
    """A property as its column holds it; null if a schema's type changed meanwhile."""
    if kind == BOOLEAN:
        return value if isinstance(value, bool) else None
    if kind == NUMBER:
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    assert kind in (CATEGORICAL, STRING)
    return None if value is None else str(value)
