"""The filter language: an expression becomes a mask over the catalog.

    kept = parse('EXCLUDE ItemID WHERE Items.PRICE > $CAP').mask(FilterContext(items, values={"CAP": "10"}))

`parse` reads an expression, `check` holds it against the schemas of a dataset group and the recipe that it is
used with, `Filter.mask` applies it. `Filter.dump` and `Filter.load` carry it to a place without the parser.
"""

from __future__ import annotations

from tastemaker.filters.checks import check
from tastemaker.filters.errors import FilterError, FilterSyntaxError, FilterValueError
from tastemaker.filters.filter import Filter, FilterContext
from tastemaker.filters.masks import MaskCache

__all__ = [
    "Filter",
    "FilterContext",
    "FilterError",
    "FilterSyntaxError",
    "FilterValueError",
    "MaskCache",
    "check",
    "parameters",
    "parse",
]


def parse(expression: str) -> Filter:
    """The filter that an expression describes. Raises FilterSyntaxError, which points at the place."""
    from tastemaker.filters import parser  # imports the parser library, which nothing else here needs

    return parser.parse(expression)


def parameters(filter: Filter) -> list[str]:
    """The names of a filter's placeholders, sorted, without the dollar."""
    return sorted(filter.parameters)
