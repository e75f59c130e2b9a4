"""A filter that is ready to be applied."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import Columns, Value
from tastemaker.filters import masks
from tastemaker.filters.binding import bind
from tastemaker.filters.syntax import (
    INCLUDE,
    Condition,
    Everything,
    Expression,
    Field,
    Literals,
    Operand,
    Placeholder,
)
from tastemaker.ids import Ids

FORMAT = 1
"""Of the compiled form. In place of a form that this code does not know, the expression is parsed again."""


@dataclass(frozen=True, slots=True)
class FilterContext:
    """What a filter is applied to.

    items         the columns of what is filtered: items, users for a segment, or actions
    values        filterValues of the request: parameter → `"a","b"` or `5`
    events        event type → rows that the user has an event of that type with (-1, for an unknown item, is
                  ignored); in a filter of users, those who have such an event. The caller says how far back
    user          attributes of the current user; empty if there is none
    current_item  the row of the item that related items are asked for, or its attributes, or None if unknown
    ids           the ids of the rows, needed only where an expression names them (Items.ITEM_ID IN …)
    cache         keeps masks that depend on items and values alone; one cache may serve many filters
    """

    items: Columns
    values: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, NDArray[np.integer]] = field(default_factory=dict)
    user: Mapping[str, Value] = field(default_factory=dict)
    current_item: int | Mapping[str, Value] | None = None
    ids: Ids | None = None
    cache: masks.MaskCache | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """Expressions joined by bars, and the text that they were written as."""

    text: str
    expressions: tuple[Expression, ...]

    @property
    def target(self) -> str:
        """ItemID, UserID or ActionID."""
        return self.expressions[0].target

    @property
    def parameters(self) -> frozenset[str]:
        """The names of the placeholders, without the dollar."""
        return frozenset().union(*(expression.parameters for expression in self.expressions))

    @property
    def needs_events(self) -> bool:
        """Whether the answer depends on what the user did."""
        return any(expression.on_events for expression in self.expressions)

    @property
    def needs_user(self) -> bool:
        """Whether the answer depends on who the user is."""
        return any(expression.only_if for expression in self.expressions)

    @property
    def needs_current_item(self) -> bool:
        """Whether this is a filter for related items only."""
        conditions = (condition for expression in self.expressions for condition in expression.conditions)
        return any(isinstance(condition.operand, Field) for condition in conditions)

    def mask(self, context: FilterContext) -> NDArray[np.bool_]:
        """True for each row that may be in the answer: read-only bool[context.items.rows].

        Included is the union of what INCLUDE expressions select (everything, if there is none), less the
        union of what EXCLUDE expressions select. Items put after the columns were written are filtered by a
        second call, with columns of their own.

        Raises FilterValueError if the values do not fit the parameters.
        """
        active = bind(
            self.expressions,
            context.values,
            user=context.user,
            current_item=context.current_item,
            items=context.items,
        )
        return masks.combine(active, context.items, context.events, context.ids, context.cache)

    def dump(self) -> str:
        """The compiled form as JSON, so that who applies a filter needs no parser."""
        parts = [
            {
                "action": expression.action,
                "target": expression.target,
                "where": [list(map(_dump_condition, those)) for those in expression.alternatives],
                "if": list(map(_dump_condition, expression.only_if)),
            }
            for expression in self.expressions
        ]
        return json.dumps({"format": FORMAT, "text": self.text, "expressions": parts}, separators=(",", ":"))

    @classmethod
    def load(cls, compiled: str) -> Filter:
        """What `dump` wrote. Places in the text are not kept."""
        content = json.loads(compiled)
        if content["format"] != FORMAT:
            from tastemaker.filters.parser import parse

            return parse(content["text"])
        expressions = tuple(
            Expression(
                action=part["action"],
                target=part["target"],
                alternatives=tuple(tuple(map(_load_condition, those)) for those in part["where"]),
                only_if=tuple(map(_load_condition, part["if"])),
            )
            for part in content["expressions"]
        )
        return cls(content["text"], expressions)

    @property
    def includes(self) -> bool:
        """Whether any expression is an INCLUDE; then every parameter must be given with a request."""
        return any(expression.action == INCLUDE for expression in self.expressions)


def _dump_condition(condition: Condition) -> list[Any]:
    return [
        condition.field.dataset,
        condition.field.name,
        condition.operator,
        *_dump_operand(condition.operand),
    ]


def _dump_operand(operand: Operand) -> list[Any]:
    match operand:
        case Literals(values):
            return ["values", *values]
        case Placeholder(name):
            return ["parameter", name]
        case Field(dataset=dataset, name=name):
            return ["field", dataset, name]
        case Everything():
            return ["everything"]


def _load_condition(parts: list[str]) -> Condition:
    dataset, name, operator, kind, *rest = parts
    operand: Operand
    match kind:
        case "values":
            operand = Literals(tuple(rest))
        case "parameter":
            operand = Placeholder(rest[0])
        case "field":
            operand = Field(rest[0], rest[1])
        case _:
            operand = Everything()
    return Condition(Field(dataset, name), operator, operand)
