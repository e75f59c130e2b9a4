"""The filter language: an expression becomes a mask over the catalog.

    mask = parse('EXCLUDE ItemID WHERE Items.PRICE > $CAP').mask(FilterContext(items, values={"CAP": "10"}))

`parse` reads an expression. `check` compares it with the schemas of a dataset group and the recipe that it is
used with. `Filter.mask` applies it. `dump` and `load` carry it to a function without the parser library.
"""

from __future__ import annotations

from tastemaker.filters.checks import check
from tastemaker.filters.compiled import dump, load
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
    "dump",
    "load",
    "parameters",
    "parse",
]


def parse(expression: str) -> Filter:
    """Return the filter of an expression. Raises FilterSyntaxError, which points to the position."""
    from tastemaker.filters import parser  # imports the parser library, which other modules do not need

    return parser.parse(expression)


def parameters(filter: Filter) -> list[str]:
    """Return the names of a filter's parameters, sorted, without the dollar sign."""
    return sorted(filter.parameters)
