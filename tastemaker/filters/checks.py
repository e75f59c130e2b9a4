"""Check a filter against the schemas of a dataset group and the recipe that it is used with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from tastemaker.filters.errors import FilterError
from tastemaker.filters.filter import Filter
from tastemaker.filters.operators import COMPARISONS
from tastemaker.filters.syntax import (
    CURRENT_USER,
    Condition,
    Field,
    Literals,
)
from tastemaker.filters.values import is_number
from tastemaker.schemas import NUMBERS

TARGETS = {"USER_SEGMENTATION": "UserID", "PERSONALIZED_ACTIONS": "ActionID"}
"""Recipe types that are not filtered by ItemID → their target."""

RECIPE_WITHOUT_INTERACTIONS = "aws-item-attribute-affinity"


class SchemaField(Protocol):
    """A column. `type` is the Avro type, without the null of its union."""

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
    """Raise FilterError, which points to the position, if the filter cannot work.

    `schemas` maps the dataset types (in any case) of all datasets of the group to their schemas; None leaves
    columns unchecked. `recipe_type` and `recipe_name` are those of the campaign, recommender or job that uses
    the filter, as DescribeRecipe returns them.
    """
    if schemas is not None:
        columns = {
            _folded(dataset): {field.name.casefold(): field for field in schema.fields}
            for dataset, schema in schemas.items()
        }
        for expression in filter.expressions:
            for condition in (*expression.conditions, *expression.only_if):
                _check_condition(condition, columns, filter.text)
    if recipe_type is not None:
        _check_recipe(filter, recipe_type)
    if recipe_name == RECIPE_WITHOUT_INTERACTIONS:
        for expression in filter.expressions:
            if expression.on_events:
                field = expression.conditions[0].field
                raise FilterError(
                    f"{recipe_name} takes no filter on {field.dataset}", filter.text, field.position
                )


def _check_recipe(filter: Filter, recipe_type: str) -> None:
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


def _check_condition(
    condition: Condition, columns: Mapping[str, Mapping[str, SchemaField]], text: str
) -> None:
    field, operand, operator = condition.field, condition.operand, condition.operator
    numeric = _is_number_column(field, columns, text)
    if isinstance(operand, Field) and _is_number_column(operand, columns, text) != numeric:
        raise FilterError(f"{field} and {operand} are not both numbers or both text", text, operand.position)
    if numeric and isinstance(operand, Literals):
        for value in operand.values:
            if not is_number(value):
                raise FilterError(f'{field} is a number, and "{value}" is not', text, condition.position)
    if numeric or operator not in COMPARISONS:
        return
    if field.dataset == CURRENT_USER and operator in ("=", "!="):
        return
    raise FilterError(
        f'{field} is text: compare it with IN, as in {field} IN ("value"); {operator} is for numbers',
        text,
        condition.position,
    )


def _is_number_column(field: Field, columns: Mapping[str, Mapping[str, SchemaField]], text: str) -> bool:
    """Return whether a column is numeric. Raises FilterError for a column that filters cannot use."""
    dataset, name = field.key
    if _folded(dataset) not in columns:
        raise FilterError(f"the dataset group has no {dataset} dataset", text, field.position)
    known = columns[_folded(dataset)]
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


def _folded(dataset: str) -> str:
    """Fold a dataset name: ACTION_INTERACTIONS, Action_Interactions and ActionInteractions are the same."""
    return dataset.replace("_", "").casefold()
