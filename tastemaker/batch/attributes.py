"""The expression language of `itemAttributes` in a line of a batch segment job.

    ITEMS.genres = "Comedy" AND ITEMS.audience = "teen"

It has only `=` and AND. Values are quoted strings or numbers. Column names match in any case.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from tastemaker.batch.lines import BadLine
from tastemaker.columns import NUMBER, Columns
from tastemaker.filters.operators import IN
from tastemaker.filters.selection import select
from tastemaker.filters.syntax import INCLUDE, Condition, Expression, Field, Literals
from tastemaker.masks import MaskCache

_TOKEN = re.compile(
    r"""\s*(?:
        ITEMS \s* \. \s* (?P<name>\w+) \s* = \s*
        (?: "(?P<double>(?:[^"\\]|\\.)*)"
          | '(?P<single>(?:[^'\\]|\\.)*)'
          | (?P<number>[-+]?[\d.]+(?:[eE][-+]?\d+)?) )
    )\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_AND = re.compile(r"AND\b", re.IGNORECASE)

Conditions = tuple[tuple[str, str], ...]


def parse(expression: str) -> Conditions:
    """Return (column, value) of each condition. Raises BadLine with the position of a syntax error."""
    found: list[tuple[str, str]] = []
    position = 0
    while True:
        match = _TOKEN.match(expression, position)
        if match is None:
            raise _syntax_error(expression, position, 'ITEMS.<column> = "<value>"')
        quoted = match["double"] if match["double"] is not None else match["single"]
        value = match["number"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        found.append((match["name"], value))
        position = match.end()
        if position == len(expression):
            return tuple(found)
        conjunction = _AND.match(expression, position)
        if conjunction is None:
            raise _syntax_error(expression, position, "AND, or the end")
        position = conjunction.end()


def items_with(conditions: Conditions, items: Columns, cache: MaskCache | None = None) -> NDArray[np.bool_]:
    """Return the items that satisfy all conditions: bool[items]. Raises BadLine for an unknown column."""
    wanted = []
    for name, value in conditions:
        column = items.find(name)
        if column is None:
            raise BadLine(f"The items have no column {name}; they have {', '.join(items) or 'none'}.")
        if column.column_type == NUMBER:
            _check_number(name, value)
        wanted.append(Condition(Field("Items", name), IN, Literals((value,))))
    expression = Expression(action=INCLUDE, target="ItemID", alternatives=(tuple(wanted),), only_if=())
    return select((expression,), items, {}, None, cache).flags


def _check_number(name: str, value: str) -> None:
    try:
        float(value)
    except ValueError:
        raise BadLine(f"{name} is a number, and {value!r} is not.") from None


def _syntax_error(expression: str, position: int, wanted: str) -> BadLine:
    rest = expression[position:].strip()[:40]
    return BadLine(
        f"itemAttributes: expected {wanted} at character {position + 1}"
        + (f", found {rest!r}." if rest else ", where it ends.")
    )
