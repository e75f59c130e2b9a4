"""Values of a filter's parameters in a request."""

from __future__ import annotations

import math
import re

from tastemaker.filters.errors import FilterValueError

_QUOTED = re.compile(r"""\s*(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)')\s*""", re.DOTALL)
_LIST = re.compile(r"\s*\[\s*([\"'].*)?\]\s*", re.DOTALL)
_ESCAPED = re.compile(r"""\\(["'\\])""")


def split_values(name: str, text: str) -> tuple[str, ...]:
    r"""Return the values in a string of filterValues: `"Drama","War"` is two, `Drama` and `12` are one each.

    Single and double quotes are allowed. A backslash escapes a quote or a backslash. Text without quotes is
    one value, even with commas. Raises FilterValueError if the quotes do not match, and for a JSON list.
    """
    if _LIST.fullmatch(text):
        raise FilterValueError(
            f'the value of {name} is a JSON list; write several values as "a","b", without brackets', text, 0
        )
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
    """Return a value as a number. Raises FilterValueError; `what` names the field in its message."""
    if not is_number(text):
        raise FilterValueError(f'{what} is a number and cannot be compared with "{text}"')
    return float(text)


def is_number(text: str) -> bool:
    """Return whether a text is a finite number without underscores."""
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False
