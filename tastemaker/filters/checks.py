"""Whether a filter fits the columns of a dataset group, and the recipe that it is used with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from tastemaker.filters.errors import FilterError
from tastemaker.filters.filter import Filter
from tastemaker.filters.syntax import (
    COMPARISONS,
    CURRENT_USER,
    Condition,
    Field,
    Literals,
)
from tastemaker.filters.values import is_number
from tastemaker.schemas import NUMBERS

TARGETS = {"USER_SEGMENTATION": "UserID", "PERSONALIZED_ACTIONS": "ActionID"}
"""Recipe types whose answers are not items."""

WITHOUT_INTERACTIONS = "aws-item-attribute-affinity"


class SchemaField(Protocol):
    """What a check needs to know of a column: `type` is Avro's, without the null of its union."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def textual(self) -> bool: ...


class Schema(Protocol):
    """The columns of one dataset."""

    @property
    def fields(self) -> Iterable[SchemaField]: ...


def check(
    filter: Filter,
    schemas: Mapping[str, Schema] | None = None,
    *,
    recipe_type: str | None = None,
    recipe_name: str | None = None,
) -> None:
    """Raises FilterError, which points at the place, if the filter cannot work.

    schemas       dataset type (in any case) → schema, of all datasets that the group has; None leaves columns
                  unchecked
    recipe_type   of the campaign, recommender or job that uses the filter, as DescribeRecipe says it
    recipe_name   its name; one recipe takes no filter on interactions
    """
    if schemas is not None:
        columns = {
            _plain(dataset): {field.name.casefold(): field for field in schema.fields}
            for dataset, schema in schemas.items()
        }
        for expression in filter.expressions:
            for condition in (*expression.conditions, *expression.only_if):
                _fits(condition, columns, filter.text)
    if recipe_type is not None:
        _serves(filter, recipe_type)
    if recipe_name == WITHOUT_INTERACTIONS:
        for expression in filter.expressions:
            if expression.on_events:
                field = expression.conditions[0].field
                raise FilterError(
                    f"{recipe_name} takes no filter on {field.dataset}", filter.text, field.position
                )


def _serves(filter: Filter, recipe_type: str) -> None:
    target = TARGETS.get(recipe_type, "ItemID")
    if filter.target != target:
        raise FilterError(f"{recipe_type} is filtered by {target}, not by {filter.target}", filter.text, 0)
    for expression in filter.expressions:
        for condition in expression.conditions:
            if isinstance(condition.operand, Field) and recipe_type != "RELATED_ITEMS":
                raise FilterError(
                    f"{condition.operand} is for recipes of related items only, this one is {recipe_type}",
                    filter.text,
                    condition.operand.position,
                )


def _fits(condition: Condition, columns: Mapping[str, Mapping[str, SchemaField]], text: str) -> None:
    field, operand, operator = condition.field, condition.operand, condition.operator
    numeric = _is_number(field, columns, text)
    if isinstance(operand, Field) and _is_number(operand, columns, text) != numeric:
        raise FilterError(f"{field} and {operand} are not both numbers or both text", text, operand.position)
    if numeric and isinstance(operand, Literals):
        for value in operand.values:
            if not is_number(value):
                raise FilterError(f'{field} is a number, and "{value}" is none', text, condition.position)
    if numeric or operator not in COMPARISONS:
        return
    if field.dataset == CURRENT_USER and operator in ("=", "!="):
        return
    raise FilterError(
        f'{field} is text: compare it with IN, as in {field} IN ("value"); {operator} is for numbers',
        text,
        condition.position,
    )


def _is_number(field: Field, columns: Mapping[str, Mapping[str, SchemaField]], text: str) -> bool:
    """Finds the column, and raises FilterError if it cannot be filtered by."""
    dataset, name = field.key
    if _plain(dataset) not in columns:
        raise FilterError(f"the dataset group has no {dataset} dataset", text, field.position)
    known = columns[_plain(dataset)]
    if name not in known:
        names = ", ".join(sorted(column.name for column in known.values() if _filterable(column)))
        raise FilterError(f"{dataset} has no column {field.name}; it has {names}", text, field.position)
    column = known[name]
    if column.type == "boolean":
        raise FilterError(
            f'{field} is boolean and cannot be filtered by; keep it as text ("True", "False") or as 0 and 1',
            text,
            field.position,
        )
    if column.textual:
        raise FilterError(f"{field} is textual (free text) and cannot be filtered by", text, field.position)
    return column.type in NUMBERS


def _filterable(column: SchemaField) -> bool:
    return column.type != "boolean" and not column.textual


def _plain(dataset: str) -> str:
    """ACTION_INTERACTIONS, Action_Interactions and ActionInteractions are one dataset."""
    return dataset.replace("_", "").casefold()
