"""How pages write figures, times and names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from jinja2 import Undefined
from markupsafe import Markup, escape

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


def number(value: float | None) -> str:
    """A count with separators: 1234567 → 1,234,567."""
    return "–" if value is None else f"{value:,.0f}"


def figure(value: float | None) -> str:
    """A metric with four decimals, a large figure with none."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4f}"


def percent(value: float | None) -> str:
    """A share: 0.1234 → 12 %."""
    if value is None:
        return "–"
    return f"{100 * value:.1f} %" if 0 < abs(value) < 0.1 else f"{100 * value:.0f} %"


def usd(value: float | None) -> str:
    """An amount of US dollars: 0.0123 → 0.0123 USD, 12.345 → 12.35 USD."""
    if value is None:
        return "–"
    return f"{value:,.2f} USD" if value >= 1 else f"{value:.4f} USD"


def size(value: float | None) -> str:
    """A number of bytes: 1536 → 1.5 KB."""
    if value is None:
        return "–"
    for unit in ("bytes", "KB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def duration(seconds: float | None) -> str:
    """A time span: 95 → 1 min 35 s."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE:.0f} min {seconds % MINUTE:.0f} s"
    return f"{seconds // HOUR:.0f} h {seconds % HOUR // MINUTE:.0f} min"


def ago(moment: datetime | None) -> Markup:
    """A time in words, with the exact time for machines and on hover."""
    if moment is None:
        return Markup("–")
    seconds = (datetime.now(UTC) - moment).total_seconds()
    exact = moment.astimezone(UTC)
    if seconds < 0 or seconds > 30 * DAY:
        words = f"{exact:%d %b %Y}".lstrip("0")
    elif seconds < 45:
        words = "just now"
    elif seconds < 90 * MINUTE:
        words = f"{max(round(seconds / MINUTE), 1)} min ago"
    elif seconds < 36 * HOUR:
        words = f"{round(seconds / HOUR)} h ago"
    else:
        words = f"{round(seconds / DAY)} days ago"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        exact.isoformat(), f"{exact:%Y-%m-%d %H:%M:%S} UTC", words
    )


def date(moment: datetime | None) -> str:
    """A day: 3 Feb 2026."""
    return "–" if moment is None else f"{moment.astimezone(UTC):%d %b %Y}".lstrip("0")


def name_of(arn: str | None) -> str:
    """The end of an ARN, without the type: `…:campaign/films` → `films`."""
    return (arn or "").rsplit(":", 1)[-1].partition("/")[2]


def status_class(status: str | None) -> str:
    """How a status looks: good, busy, bad or off."""
    text = (status or "").upper()
    if text == "ACTIVE":
        return "good"
    if "FAILED" in text:
        return "bad"
    return "off" if text in ("INACTIVE", "STOPPED", "CREATE STOPPED", "") else "busy"


def status_words(status: str | None) -> str:
    """A status for people: CREATE IN_PROGRESS → Creating."""
    text = (status or "").upper().replace("_", " ")
    words = {
        "ACTIVE": "Active",
        "CREATE PENDING": "Waiting",
        "CREATE IN PROGRESS": "In progress",
        "CREATE FAILED": "Failed",
    }
    return words.get(text, text.capitalize() or "Unknown")


def words_of(name: str) -> str:
    """A metric or member in words: mean_reciprocal_rank_at_25 → Mean reciprocal rank at 25."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.replace("_", " ")).strip()
    return spaced[:1].upper() + spaced[1:].lower()


METRICS = {
    "normalized_discounted_cumulative_gain": "NDCG",
    "mean_reciprocal_rank": "MRR",
    "average_rewards": "Average rewards",
}


def metric(name: str) -> str:
    """The short name of a metric: normalized_discounted_cumulative_gain_at_25 → NDCG@25."""
    base, _, place = name.partition("_at_")
    words = METRICS.get(base) or words_of(base)
    return f"{words}@{place}" if place.isdecimal() else words_of(name) if place else words


def milliseconds(value: float | None) -> str:
    """A latency: 12.3 → 12 ms."""
    return "–" if value is None else f"{value:.1f} ms" if value < 10 else f"{value:,.0f} ms"


def sentence(text: str | None) -> str:
    """A text that begins with a capital letter."""
    return f"{text[:1].upper()}{text[1:]}" if text else ""


def values(text: str) -> list[str]:
    """The values of a cell: drama|war → drama, war."""
    return [part for part in text.split("|") if part]


def width(value: float, largest: float) -> str:
    """A share of the largest value in hundredths, as the name of a style: w37."""
    if largest <= 0 or value <= 0:
        return "w0"
    return f"w{max(1, min(100, round(100 * value / largest)))}"


def lines(text: str) -> Markup:
    """Text with its line ends as elements."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())


def _without_undefined(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that takes None for a member that an answer does not have."""

    @wraps(function)
    def filtered(value: Any, *more: Any) -> Any:
        return function(None if isinstance(value, Undefined) else value, *more)

    return filtered


_FILTERS: Mapping[str, Callable[..., Any]] = {
    "number": number,
    "figure": figure,
    "percent": percent,
    "size": size,
    "usd": usd,
    "duration": duration,
    "ago": ago,
    "date": date,
    "name_of": name_of,
    "status_class": status_class,
    "status_words": status_words,
    "words": words_of,
    "metric": metric,
    "sentence": sentence,
    "milliseconds": milliseconds,
    "values": values,
    "lines": lines,
    "width": width,
}

FILTERS = {name: _without_undefined(function) for name, function in _FILTERS.items()}
"""Name in templates → filter."""
