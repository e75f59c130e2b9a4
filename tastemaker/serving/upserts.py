"""Items that were upserted since a bundle was written.

An upsert replaces the whole record: a property that it lacks is null. An item of the bundle keeps its
position and gets new properties. An item that the bundle does not have can be filtered, but not yet
recommended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import Columns
from tastemaker.filters import Filter, FilterContext
from tastemaker.ids import Ids
from tastemaker.masks import Flags, Mask


@dataclass(frozen=True)
class UpsertedItems:
    """Upserted records by item id, beside the `items` and `columns` of the bundle.

    A record maps schema fields to values. Arrays have one row per upserted item, in the order of `ids`.
    `times` has the time of each upsert by item id, in seconds since 1970.
    """

    records: Mapping[str, Mapping[str, Any]]
    items: Ids
    columns: Columns
    times: Mapping[str, float]

    @cached_property
    def ids(self) -> Ids:
        """The ids of the upserted items."""
        return Ids.build(self.records)

    @cached_property
    def positions(self) -> NDArray[np.int32]:
        """int32[rows]: the position of each upserted item in the bundle, -1 for a new item."""
        return self.items.indexes(self.ids.tolist())

    @cached_property
    def upserted_columns(self) -> Columns:
        """The upserted properties: the bundle's columns, and those that a newer schema has added."""
        column_types = {name: column.column_type for name, column in self.columns.items()}
        return Columns.of_properties(column_types, [self.records[item_id] for item_id in self.ids.tolist()])

    def get(self, item_id: str) -> Mapping[str, Any] | None:
        """Return the upserted record of an item, or None."""
        return self.records.get(item_id)

    def has_column(self, name: str) -> bool:
        """Return whether a property of this name, in any case, was upserted."""
        return self.upserted_columns.find(name) is not None

    def update_mask(self, filter: Filter, context: FilterContext, mask: Mask) -> Mask:
        """Return the bundle's mask with upserted items judged by their new properties."""
        allowed = self.allowed(filter, context)
        known = self.positions >= 0
        now_allowed = Mask.only(len(mask), self.positions[known & allowed])
        return mask.without(self.positions[known]) | now_allowed

    def allowed(self, filter: Filter, context: FilterContext) -> Flags:
        """Return which upserted items a filter allows, new ones included: bool[rows].

        `context` is the one of the bundle. Events with new items are not seen.
        """
        row_of = {position: row for row, position in enumerate(self.positions.tolist()) if position >= 0}
        events = {
            event_type: np.array([row_of.get(int(position), -1) for position in positions], np.int32)
            for event_type, positions in context.events.items()
        }
        mask = filter.mask(
            FilterContext(
                items=self.upserted_columns,
                values=context.values,
                events=events,
                user=context.user,
                current_item=context.current_item,
                ids=self.ids,
                cache=context.cache,
            )
        )
        return mask.flags
