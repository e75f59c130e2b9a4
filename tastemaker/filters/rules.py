"""Rules of the language that the grammar does not express: which names are valid where.

They need no schema. Rules on the columns of a dataset group are in `checks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tastemaker.filters.errors import FilterSyntaxError
from tastemaker.filters.operators import COMPARISONS, NOT_IN
from tastemaker.filters.syntax import (
    CURRENT_ITEM,
    CURRENT_USER,
    DATASETS,
    EVENT_DATASETS,
    EVENT_TYPE,
    EXCLUDE,
    FAMILIES,
    INCLUDE,
    Condition,
    Everything,
    Expression,
    Field,
    Placeholder,
)

MAX_FIELDS = 10

AUTOMATIC = ("EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP", "REPEAT_FREQUENCY")
"""Columns of Actions that apply to every answer, so that filters cannot use them."""

MakeError = Callable[[str, int], FilterSyntaxError]


def action(word: str, text: str, position: int) -> str:
    """Return INCLUDE or EXCLUDE for a word in any case. Raises FilterSyntaxError."""
    return _known(word, (INCLUDE, EXCLUDE), "an expression begins with", text, position)


def target(word: str, text: str, position: int) -> str:
    """Return ItemID, UserID or ActionID for a word in any case. Raises FilterSyntaxError."""
    return _known(word, FAMILIES, "what is filtered is", text, position)


def dataset(word: str, text: str, position: int) -> str:
    """Return the name of a dataset in its documented case. Raises FilterSyntaxError."""
    return _known(word, DATASETS, "a dataset is", text, position)


def _known(word: str, names: Iterable[str], what: str, text: str, position: int) -> str:
    for name in names:
        if name.casefold() == word.casefold():
            return name
    *most, last = names
    raise FilterSyntaxError(f'"{word}" is unknown: {what} {", ".join(most)} or {last}', text, position)


def check_rules(expressions: tuple[Expression, ...], text: str) -> None:
    """Raise FilterSyntaxError at the first position that breaks a rule."""

    def error(problem: str, position: int) -> FilterSyntaxError:
        return FilterSyntaxError(problem, text, position)

    fields: dict[tuple[str, str], Field] = {}
    for expression in expressions:
        if expression.target != expressions[0].target:
            first = expressions[0].target
            raise error(f"all expressions of a filter have one target, here {first}", expression.position)
        _one_family(expression, error)
        for condition in expression.conditions:
            _condition(condition, expression, error)
        for condition in expression.only_if:
            _user_condition(condition, expression, error)
        for condition in (*expression.conditions, *expression.only_if):
            for field in (condition.field, condition.operand):
                if not isinstance(field, Field):
                    continue
                fields.setdefault(field.key, field)
                if len(fields) > MAX_FIELDS:
                    raise error(f"a filter uses at most {MAX_FIELDS} fields", field.position)


def _one_family(expression: Expression, error: MakeError) -> None:
    family = expression.conditions[0].field.dataset
    allowed = FAMILIES[expression.target]
    for condition in expression.conditions:
        field = condition.field
        if field.dataset == CURRENT_USER:
            raise error(
                "conditions on the current user follow IF, at the end of the expression", field.position
            )
        if field.dataset == CURRENT_ITEM:
            raise error(
                "the current item must be on the right side: Items.PRICE < CurrentItem.PRICE", field.position
            )
        if field.dataset not in allowed:
            raise error(
                f"{expression.target} is filtered by {' or '.join(allowed)}, not by {field.dataset}",
                field.position,
            )
        if field.dataset != family:
            raise error(
                f"one expression reads one dataset, here {family}; combine datasets by | between expressions",
                field.position,
            )


def _condition(condition: Condition, expression: Expression, error: MakeError) -> None:
    field, operand = condition.field, condition.operand
    _operand(condition, error)
    if field.dataset in EVENT_DATASETS:
        if field.name.upper() != EVENT_TYPE:
            raise error(f"{field.dataset} is filtered by {EVENT_TYPE} only", field.position)
        if condition.operator in COMPARISONS or isinstance(operand, Field):
            raise error(
                f'{EVENT_TYPE} is compared with IN or NOT IN and a list: IN ("a", "b")', field.position
            )
    elif field.dataset == "Actions" and field.name.upper() in AUTOMATIC:
        raise error(f"{field} is applied to every answer and cannot be filtered by", field.position)
    if isinstance(operand, Field):
        if operand.dataset != CURRENT_ITEM:
            raise error(
                f"a field is compared with a value, a $PARAMETER or {CURRENT_ITEM}.…", operand.position
            )
        if expression.target != "ItemID":
            raise error(f"{CURRENT_ITEM} is for ItemID only", operand.position)


def _user_condition(condition: Condition, expression: Expression, error: MakeError) -> None:
    field, operand = condition.field, condition.operand
    _operand(condition, error)
    if expression.target == "UserID":
        raise error("a filter of users has no current user: leave out IF", field.position)
    if field.dataset != CURRENT_USER:
        raise error(f"IF only takes conditions on {CURRENT_USER}, not on {field.dataset}", field.position)
    if isinstance(operand, Field):
        raise error("the current user is compared with a value or a $PARAMETER", operand.position)


def _operand(condition: Condition, error: MakeError) -> None:
    field, operand = condition.field, condition.operand
    if condition.operator == NOT_IN and isinstance(operand, Placeholder):
        raise error(
            "NOT IN takes no parameter: use IN and the opposite of INCLUDE or EXCLUDE", condition.position
        )
    if isinstance(operand, Everything) and field.dataset not in EVENT_DATASETS:
        raise error(f'"*" is for {EVENT_TYPE} only; list the values of {field}', condition.position)
