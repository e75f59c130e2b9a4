"""The filter language: an expression becomes a mask over the catalog.

    mask = parse('EXCLUDE ItemID WHERE Items.PRICE > $CAP').mask(FilterContext(items, values={"CAP": "10"}))

`parse` reads an expression. `check` compares it with the schemas of a dataset group and the recipe that it is
used with. `Filter.mask` applies it. `dump` and `load` carry it to a function without the parser library.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tastemaker.filters.compiled import dump, load
from tastemaker.filters.errors import FilterError, FilterSyntaxError, FilterValueError
from tastemaker.filters.filter import Filter, FilterContext

if TYPE_CHECKING:
    from tastemaker.filters.checks import Schema

__all__ = [
    "Filter",
    "FilterContext",
    "FilterError",
    "FilterSyntaxError",
    "FilterValueError",
    "check",
    "dump",
    "load",
    "parameters",
    "parse",
]


def parse(expression: str) -> Filter:
    """Return the filter of an expression. Raises FilterSyntaxError, which points to the position."""
    from tastemaker.filters import parser  # imports the parser library, which other modules do not need

    return parser.parse(expression)


def check(
    filter: Filter,
    schemas: Mapping[str, Schema] | None = None,
    *,
    recipe_type: str | None = None,
    recipe_name: str | None = None,
) -> None:
    """Raise FilterError if the filter cannot work. `checks.check` explains the parameters."""
    from tastemaker.filters import checks  # imports schemas, which serving does not need

    checks.check(filter, schemas, recipe_type=recipe_type, recipe_name=recipe_name)


def parameters(filter: Filter) -> list[str]:
    """Return the names of a filter's parameters, sorted, without the dollar sign."""
    return sorted(filter.parameters)
