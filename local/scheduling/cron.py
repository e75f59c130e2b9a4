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
_PART = re.compile(r"(\*|\?|\w+)(?:-(\w+))?(?:/(\d+))?")


def is_cron_due(expression: str, *, since: float, until: float, timezone: datetime.tzinfo) -> bool:
    """Whether the expression, without `cron(…)`, names a minute that begins in (since, until].

    Raises ValueError for what is not evaluated here: `L`, `W` and `#`.
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
    found: set[int] = set()
    for part in text.upper().split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f"{part} is not evaluated here")
        start, end, step = match.groups()
        first = least if start in "*?" else _number(start, names)
        last = most if start in "*?" or (step and not end) else _number(end or start, names)
        found |= set(range(first, last + 1, int(step or 1)))
    return found


def _number(text: str, names: list[str]) -> int:
    return names.index(text) + 1 if text in names else int(text)
