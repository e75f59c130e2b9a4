"""Cron expressions of EventBridge: minutes, hours, day of the month, month, day of the week, year.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

import datetime
import re

_MINUTE = 60
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_FIELDS: tuple[tuple[int, int, list[str]], ...] = (
    (0, 59, []),
    (0, 23, []),
    (1, 31, []),
    (1, 12, _MONTHS),
    (1, 7, _DAYS),
    (1970, 2199, []),
)
_PART = re.compile(r"(?:[*?]|(\w+)(?:-(\w+))?)(?:/(\d+))?")


def is_cron_due(expression: str, *, since: float, until: float, timezone: datetime.tzinfo) -> bool:
    """Whether the expression, without `cron(…)`, names a minute that begins in (since, until].

    Raises ValueError for what is not evaluated here: `L`, `W`, `#`, values that a field does not have, and
    ranges that end before they begin.
    """
    texts = expression.split()
    if len(texts) != len(_FIELDS):
        raise ValueError(f"{expression} does not have {len(_FIELDS)} fields")
    fields = [_values(text, *field) for text, field in zip(texts, _FIELDS, strict=True)]
    first = (int(since) // _MINUTE + 1) * _MINUTE
    return any(
        all(value in field for value, field in zip(_parts(moment, timezone), fields, strict=True))
        for moment in range(first, int(until) + 1, _MINUTE)
    )


def _parts(moment: int, timezone: datetime.tzinfo) -> tuple[int, ...]:
    at = datetime.datetime.fromtimestamp(moment, timezone)
    return at.minute, at.hour, at.day, at.month, at.isoweekday() % 7 + 1, at.year


def _values(text: str, least: int, most: int, names: list[str]) -> set[int]:
    """The values of one field."""
    return {value for part in text.upper().split(",") for value in _part(part, least, most, names)}


def _part(part: str, least: int, most: int, names: list[str]) -> range:
    match = _PART.fullmatch(part)
    if match:
        start, end, step = match.groups()
        first = least if start is None else _number(start, names)
        last = most if start is None or (step and not end) else _number(end or start, names)
        every = int(step or 1)
        if least <= first <= last <= most and every > 0:
            return range(first, last + 1, every)
    raise ValueError(f"{part} is not evaluated here")


def _number(text: str, names: list[str]) -> int:
    """The number of a value, or one below those of every field."""
    if text in names:
        return names.index(text) + 1
    return int(text) if text.isdecimal() else -1
