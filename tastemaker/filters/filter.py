"""A parsed filter, which can be applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import Columns, Value
from tastemaker.filters.binding import bind
from tastemaker.filters.selection import select
from tastemaker.filters.syntax import INCLUDE, Expression, Field
from tastemaker.ids import Ids
from tastemaker.masks import Mask, MaskCache


@dataclass(frozen=True, slots=True)
class FilterContext:
    """What a filter is applied to.

    `items` are the columns of what is filtered: items, actions, or users for a segment. `values` are the
    filterValues of the request: parameter → `"a","b"` or `5`. `events` maps event types to the rows that the
    user has such an event with; -1, for an unknown item, is ignored. In a filter of users they are the users
    with such an event. `user` has the properties of the current user.

    `current_item` is the row of the item that related items are wanted for, or its properties; None if it is
    unknown. `ids` are the ids of the rows, for expressions such as `Items.ITEM_ID IN …`. `cache` keeps masks
    that only depend on items and values; several filters may share it.
    """

    items: Columns
    values: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, NDArray[np.integer]] = field(default_factory=dict)
    user: Mapping[str, Value] = field(default_factory=dict)
    current_item: int | Mapping[str, Value] | None = None
    ids: Ids | None = None
    cache: MaskCache | None = None


@dataclass(frozen=True)
class Filter:
    """Expressions that are joined by bars, and their text."""

    text: str
    expressions: tuple[Expression, ...]

    @property
    def target(self) -> str:
        """ItemID, UserID or ActionID."""
        return self.expressions[0].target

    @property
    def parameters(self) -> frozenset[str]:
        """The names of the parameters, without the dollar sign."""
        return frozenset().union(*(expression.parameters for expression in self.expressions))

    @cached_property
    def needs_events(self) -> bool:
        """Whether the result depends on the user's events."""
        return any(expression.on_events for expression in self.expressions)

    @cached_property
    def needs_user(self) -> bool:
        """Whether the result depends on the user's properties."""
        return any(expression.only_if for expression in self.expressions)

    @cached_property
    def needs_current_item(self) -> bool:
        """Whether the result depends on the current item. Only recipes for related items have one."""
        conditions = (condition for expression in self.expressions for condition in expression.conditions)
        return any(isinstance(condition.operand, Field) for condition in conditions)

    @cached_property
    def _needs_binding(self) -> bool:
        """Whether more of a request matters than its events."""
        return bool(self.parameters) or self.needs_user or self.needs_current_item

    def mask(self, context: FilterContext) -> Mask:
        """Return the rows that may be in the answer.

        These are the rows that an INCLUDE expression selects (all rows if there is no INCLUDE) and no EXCLUDE
        expression selects. Upserted items are filtered by a second call, with their own columns.

        Raises FilterValueError if the values do not fit the parameters.
        """
        active = self.expressions
        if context.values or self._needs_binding:
            active = bind(
                self.expressions,
                context.values,
                user=context.user,
                current_item=context.current_item,
                items=context.items,
            )
        return select(active, context.items, context.events, context.ids, context.cache)

    @property
    def includes(self) -> bool:
        """Whether there is an INCLUDE expression. Then a request must give all parameters."""
        return any(expression.action == INCLUDE for expression in self.expressions)
