"""Bind a filter to a request.

Parameters get their values, IF is evaluated for the current user, and properties of the current item become
plain values. The result only depends on items and events, so that its mask can be cached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tastemaker.columns import CATEGORICAL, Columns, Value
from tastemaker.filters.errors import FilterValueError
from tastemaker.filters.operators import COMPARISONS, IN, NOT_IN
from tastemaker.filters.syntax import (
    INCLUDE,
    Condition,
    Expression,
    Field,
    Literals,
    Operand,
    Placeholder,
)
from tastemaker.filters.values import number, split_values
from tastemaker.notation import SEPARATOR

CurrentItem = int | Mapping[str, Value] | None


def bind(
    expressions: tuple[Expression, ...],
    values: Mapping[str, str],
    *,
    user: Mapping[str, Value],
    current_item: CurrentItem,
    items: Columns,
) -> tuple[Expression, ...]:
    """Return the expressions that apply, without placeholders, IF and current item.

    An expression whose IF is false is left out. In a filter that only excludes, so is an expression with a
    missing parameter. Raises FilterValueError for an unknown parameter, and for a missing one if the filter
    includes.
    """
    known = frozenset().union(*(expression.parameters for expression in expressions))
    for name in values:
        if name not in known:
            have = ", ".join(sorted(known)) or "none"
            raise FilterValueError(f"the filter has no parameter {name} (it has: {have})")
    missing = sorted(known - values.keys())
    if missing and any(expression.action == INCLUDE for expression in expressions):
        raise FilterValueError(
            f"a filter with INCLUDE needs a value for each parameter: {', '.join(missing)}"
        )
    given = {name: split_values(name, text) for name, text in values.items()}
    user_values = {name.casefold(): value for name, value in user.items()}

    active = []
    for expression in expressions:
        if not expression.parameters <= given.keys():
            continue
        required = (_with_values(condition, given) for condition in expression.only_if)
        if not all(
            _holds_for_user(condition, user_values.get(condition.field.name.casefold()))
            for condition in required
        ):
            continue
        alternatives = tuple(
            tuple(_resolved(_with_values(condition, given), current_item, items) for condition in conjunction)
            for conjunction in expression.alternatives
        )
        active.append(replace(expression, alternatives=alternatives, only_if=()))
    return tuple(active)


def _with_values(condition: Condition, given: Mapping[str, tuple[str, ...]]) -> Condition:
    """Return the condition with values in place of a placeholder."""
    operand = condition.operand
    if not isinstance(operand, Placeholder):
        return condition
    found = given[operand.name]
    if condition.operator in COMPARISONS and len(found) != 1:
        raise FilterValueError(f"{condition.field} {condition.operator} ${operand.name} takes one value")
    # Order and repetition do not matter in a list. Sorted values find the same mask in the cache.
    return replace(condition, operand=Literals(tuple(sorted(set(found)))))


def _resolved(condition: Condition, current_item: CurrentItem, items: Columns) -> Condition:
    """Return the condition with the current item's values; none for a null property or an unknown item."""
    operand: Operand = condition.operand
    if not isinstance(operand, Field):
        return condition
    value: Value = None
    column = items.find(operand.name)
    if isinstance(current_item, Mapping):
        folded = {name.casefold(): each for name, each in current_item.items()}
        value = folded.get(operand.name.casefold())
    elif current_item is not None and column is not None:
        value = column.value(current_item)
    if value is None:
        return replace(condition, operand=Literals(()))
    split = isinstance(value, str) and (column is None or column.column_type == CATEGORICAL)
    texts = set(str(value).split(SEPARATOR)) if split else {str(value)}
    return replace(condition, operand=Literals(tuple(sorted(texts))))


def _holds_for_user(condition: Condition, value: Value) -> bool:
    """Return whether a condition on the current user holds. A null only satisfies NOT IN."""
    operand, operator = condition.operand, condition.operator
    assert isinstance(operand, Literals)
    if value is None:
        return operator == NOT_IN
    if isinstance(value, str):
        parts = {value, *value.split(SEPARATOR)}
        if operator in (IN, "="):
            return not parts.isdisjoint(operand.values)
        if operator in (NOT_IN, "!="):
            return parts.isdisjoint(operand.values)
    wanted = [number(text, str(condition.field)) for text in operand.values]
    if operator in (IN, NOT_IN):
        return (float(value) in wanted) == (operator == IN)
    return bool(COMPARISONS[operator](number(str(value), str(condition.field)), wanted[0]))
