"""The rules of the language that a grammar cannot say well: which name may stand where.

They hold without any schema. What depends on the columns of a dataset group is in `checks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tastemaker.filters.errors import FilterSyntaxError
from tastemaker.filters.syntax import (
    COMPARISONS,
    CURRENT_ITEM,
    CURRENT_USER,
    DATASETS,
    EVENT_DATASETS,
    EVENT_TYPE,
    EXCLUDE,
    FAMILIES,
    INCLUDE,
    NOT_IN,
    Condition,
    Everything,
    Expression,
    Field,
    Placeholder,
)

MAX_FIELDS = 10

AUTOMATIC = ("EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP", "REPEAT_FREQUENCY")
"""Columns of Actions that are obeyed without a filter, and so cannot be used in one."""

Refuse = Callable[[str, int], FilterSyntaxError]


def action(word: str, text: str, position: int) -> str:
    """INCLUDE or EXCLUDE, from whatever case. Raises FilterSyntaxError."""
    return _known(word, (INCLUDE, EXCLUDE), "an expression begins with", text, position)


def target(word: str, text: str, position: int) -> str:
    """ItemID, UserID or ActionID. Raises FilterSyntaxError."""
    return _known(word, FAMILIES, "what is filtered is", text, position)


def dataset(word: str, text: str, position: int) -> str:
    """The dataset's name in its documented case. Raises FilterSyntaxError."""
    return _known(word, DATASETS, "a dataset is", text, position)


def _known(word: str, names: Iterable[str], what: str, text: str, position: int) -> str:
    for name in names:
        if name.casefold() == word.casefold():
            return name
    *most, last = names
    raise FilterSyntaxError(f'"{word}" is unknown: {what} {", ".join(most)} or {last}', text, position)


def hold(expressions: tuple[Expression, ...], text: str) -> None:
    """Raises FilterSyntaxError at the first place that breaks a rule."""

    def refuse(problem: str, position: int) -> FilterSyntaxError:
        return FilterSyntaxError(problem, text, position)

    fields: dict[tuple[str, str], Field] = {}
    for expression in expressions:
        if expression.target != expressions[0].target:
            first = expressions[0].target
            raise refuse(f"all expressions of a filter have one target, here {first}", expression.position)
        _one_family(expression, refuse)
        for condition in expression.conditions:
            _condition(condition, expression, refuse)
        for condition in expression.only_if:
            _user_condition(condition, expression, refuse)
        for condition in (*expression.conditions, *expression.only_if):
            for field in (condition.field, condition.operand):
                if not isinstance(field, Field):
                    continue
                fields.setdefault(field.key, field)
                if len(fields) > MAX_FIELDS:
                    raise refuse(f"a filter uses at most {MAX_FIELDS} fields", field.position)


def _one_family(expression: Expression, refuse: Refuse) -> None:
    family = expression.conditions[0].field.dataset
    allowed = FAMILIES[expression.target]
    for condition in expression.conditions:
        field = condition.field
        if field.dataset == CURRENT_USER:
            raise refuse(
                "the current user is asked about after IF, at the end of the expression", field.position
            )
        if field.dataset == CURRENT_ITEM:
            raise refuse(
                "the current item stands on the right: Items.PRICE < CurrentItem.PRICE", field.position
            )
        if field.dataset not in allowed:
            raise refuse(
                f"{expression.target} is filtered by {' or '.join(allowed)}, not by {field.dataset}",
                field.position,
            )
        if field.dataset != family:
            raise refuse(
                f"one expression reads one dataset, here {family}; combine datasets by | between expressions",
                field.position,
            )


def _condition(condition: Condition, expression: Expression, refuse: Refuse) -> None:
    field, operand = condition.field, condition.operand
    _operand(condition, refuse)
    if field.dataset in EVENT_DATASETS:
        if field.name.upper() != EVENT_TYPE:
            raise refuse(f"{field.dataset} is filtered by {EVENT_TYPE} only", field.position)
        if condition.operator in COMPARISONS or isinstance(operand, Field):
            raise refuse(
                f'{EVENT_TYPE} is compared with IN or NOT IN and a list: IN ("a", "b")', field.position
            )
    elif field.dataset == "Actions" and field.name.upper() in AUTOMATIC:
        raise refuse(f"{field} is applied to every answer and cannot be filtered by", field.position)
    if isinstance(operand, Field):
        if operand.dataset != CURRENT_ITEM:
            raise refuse(
                f"a field is compared with a value, a $PARAMETER or {CURRENT_ITEM}.…", operand.position
            )
        if expression.target != "ItemID":
            raise refuse(f"{CURRENT_ITEM} is for ItemID only", operand.position)


def _user_condition(condition: Condition, expression: Expression, refuse: Refuse) -> None:
    field, operand = condition.field, condition.operand
    _operand(condition, refuse)
    if expression.target == "UserID":
        raise refuse("a filter of users has no current user: leave out IF", field.position)
    if field.dataset != CURRENT_USER:
        raise refuse(f"IF asks about {CURRENT_USER}.… only, not about {field.dataset}", field.position)
    if isinstance(operand, Field):
        raise refuse("the current user is compared with a value or a $PARAMETER", operand.position)


def _operand(condition: Condition, refuse: Refuse) -> None:
    field, operand = condition.field, condition.operand
    if condition.operator == NOT_IN and isinstance(operand, Placeholder):
        raise refuse(
            "NOT IN takes no parameter: use IN and the opposite of INCLUDE or EXCLUDE", condition.position
        )
    if isinstance(operand, Everything) and field.dataset not in EVENT_DATASETS:
        raise refuse(f'"*" is for {EVENT_TYPE} only; list the values of {field}', condition.position)
