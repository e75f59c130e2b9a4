"""A filter meets a request.

Parameters get their values, the current user decides about IF, the current item's attributes become plain
values. What is left depends on items and events alone, and can be looked up in a cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tastemaker.columns import CATEGORICAL, Columns, Value
from tastemaker.filters.errors import FilterValueError
from tastemaker.filters.syntax import (
    COMPARISONS,
    IN,
    INCLUDE,
    NOT_IN,
    Condition,
    Expression,
    Field,
    Literals,
    Operand,
    Placeholder,
)
from tastemaker.filters.values import number, split_values
from tastemaker.schemas import SEPARATOR

CurrentItem = int | Mapping[str, Value] | None


def bind(
    expressions: tuple[Expression, ...],
    values: Mapping[str, str],
    *,
    user: Mapping[str, Value],
    current_item: CurrentItem,
    items: Columns,
) -> tuple[Expression, ...]:
    """The expressions that apply, without placeholders, IF and current item.

    Raises FilterValueError for a parameter that the filter does not have, and for one that is missing though
    the filter includes something. In a filter that only excludes, an expression with a missing parameter is
    left out. So is any expression whose IF is not true.
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
    people = {name.casefold(): value for name, value in user.items()}

    active = []
    for expression in expressions:
        if not expression.parameters <= given.keys():
            continue
        required = (_filled(condition, given) for condition in expression.only_if)
        if not all(
            _user_is(condition, people.get(condition.field.name.casefold())) for condition in required
        ):
            continue
        alternatives = tuple(
            tuple(_resolved(_filled(condition, given), current_item, items) for condition in conjunction)
            for conjunction in expression.alternatives
        )
        active.append(replace(expression, alternatives=alternatives, only_if=()))
    return tuple(active)


def _filled(condition: Condition, given: Mapping[str, tuple[str, ...]]) -> Condition:
    """With the values of a placeholder in its place."""
    operand = condition.operand
    if not isinstance(operand, Placeholder):
        return condition
    found = given[operand.name]
    if condition.operator in COMPARISONS and len(found) != 1:
        raise FilterValueError(f"{condition.field} {condition.operator} ${operand.name} takes one value")
    # Order and repetition mean nothing in a list: sorted, the same question finds the same mask.
    return replace(condition, operand=Literals(tuple(sorted(set(found)))))


def _resolved(condition: Condition, current_item: CurrentItem, items: Columns) -> Condition:
    """With the current item's values in its place; no values if the attribute is null or the item unknown."""
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
    split = isinstance(value, str) and (column is None or column.kind == CATEGORICAL)
    texts = set(str(value).split(SEPARATOR)) if split else {str(value)}
    return replace(condition, operand=Literals(tuple(sorted(texts))))


def _user_is(condition: Condition, value: Value) -> bool:
    """Whether one condition about the current user holds. A null satisfies NOT IN and nothing else."""
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
    return compare(operator, number(str(value), str(condition.field)), wanted[0])


def compare(operator: str, left: float, right: float) -> bool:
    """One of the six comparisons between two numbers."""
    match operator:
        case "=":
            return left == right
        case "!=":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
    return left >= right
