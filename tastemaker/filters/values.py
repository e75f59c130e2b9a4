"""The values that a request gives to a filter's parameters."""

from __future__ import annotations

import math
import re

from tastemaker.filters.errors import FilterValueError

_QUOTED = re.compile(r"""\s*(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)')\s*""", re.DOTALL)
_ESCAPED = re.compile(r"""\\(["'\\])""")


def split_values(name: str, text: str) -> tuple[str, ...]:
    r"""The values in one string of filterValues: `"Drama","War"` is two, `Drama` and `12` are one each.

    Either quote mark will do; a backslash keeps a quote or a backslash from being read as one. Text without
    quotes is one value, commas and all. Raises FilterValueError if the quotes do not fit.
    """
    if not text.lstrip().startswith(('"', "'")):
        return (text.strip(),)
    values, position = [], 0
    while True:
        match = _QUOTED.match(text, position)
        if match is None:
            raise FilterValueError(f"the value of {name} is not closed quotes between commas", text, position)
        quoted = match[1] if match[1] is not None else match[2]
        values.append(_ESCAPED.sub(r"\1", quoted))
        position = match.end()
        if position == len(text):
            return tuple(values)
        if text[position] != ",":
            raise FilterValueError(f"a comma is missing between the values of {name}", text, position)
        position += 1


def number(text: str, what: str) -> float:
    """A value as a number. Raises FilterValueError, naming what it was compared with."""
    if not is_number(text):
        raise FilterValueError(f'{what} is a number and cannot be compared with "{text}"')
    return float(text)


def is_number(text: str) -> bool:
    """Whether this is a number that others can be compared with, as people write it."""
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False
