"""Times in the formats that files have: Unix times in any unit, ISO 8601, dates in words and in digits.

A column has one format, which is detected from a sample and then applied to whole columns at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tastemaker.detection.inputs import DetectionError

MIN_SHARE = 0.9
"""The share of a column's cells that a format must read."""
UNITS: Mapping[str, int] = {
    "seconds": 1,
    "milliseconds": 1_000,
    "microseconds": 1_000_000,
    "nanoseconds": 1_000_000_000,
}
DAYS = "spreadsheet days"
"""Days since 30 December 1899, as spreadsheets store dates."""
_FIRST_DAY, _LAST_DAY = 29_221, 73_051
"""The spreadsheet days of 1980 and 2100."""
_EPOCH_DAY = 25_569
_RANGE = (315_532_800, 4_102_444_800)
"""Unix times from 1980 to 2100: what lies outside is no time of an event."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan", "feb|fév|fev", "mar|mär|mrz", "apr|avr|abr", "may|mai", "jun|juin", "jul|juil",
            "aug|aoû|ago", "sep|set", "oct|okt", "nov", "dec|dez|déc|dic",
        ),
        1,
    )
    for name in names.split("|")
}  # fmt: skip
_ZONES: dict[str, float] = {
    "z": 0,
    "utc": 0,
    "gmt": 0,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
}
_ZONES |= {"pst": -8, "pdt": -7, "cet": 1, "cest": 2, "bst": 1, "ist": 5.5, "jst": 9, "msk": 3}

_CLOCK = (
    r"(?:[T ,:]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2}|[+-]\d{2}|[A-Z]{3,4})?(?:\s*\([^)]*\)|\[[^]]*\])?)?"
)
_WEEKDAY = r"(?:[A-Za-z]{2,9}\.?,?\s+)?"
_WORD = r"(?P<word>[A-Za-zäûéÄ]{3,9})\.?"
PATTERNS: Mapping[str, str] = {
    "ISO 8601": rf"(?P<year>\d{{4}})-(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}}){_CLOCK}",
    "year/month/day": rf"(?P<year>\d{{4}})[/.](?P<month>\d{{1,2}})[/.](?P<day>\d{{1,2}}){_CLOCK}",
    "day.month.year": rf"(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}}|\d{{2}}){_CLOCK}",
    "month/day/year": rf"(?P<month>\d{{1,2}})[/-](?P<day>\d{{1,2}})[/-](?P<year>\d{{4}}|\d{{2}}){_CLOCK}",
    "day/month/year": rf"(?P<day>\d{{1,2}})[/-](?P<month>\d{{1,2}})[/-](?P<year>\d{{4}}|\d{{2}}){_CLOCK}",
    "day month year": (
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})[ \-./]+{_WORD}[ \-./]+(?P<year>\d{{4}}|\d{{2}}){_CLOCK}"
    ),
    "month day, year": (
        rf"{_WEEKDAY}{_WORD}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_CLOCK}"
    ),
    "digits": (
        r"(?P<year>(?:19|20)\d{2})(?P<month>[01]\d)(?P<day>[0-3]\d)"
        r"(?:[T ]?(?P<hour>[0-2]\d)(?P<minute>[0-5]\d)(?P<second>[0-5]\d)?(?P<zone>Z)?)?"
    ),
}
"""Name → pattern, the preferred ones first. The name tells people which part of a date is which."""
_TIME_OF_DAY = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AaPp][Mm])?\Z")


@dataclass(frozen=True)
class TimeFormat:
    """How the times of a column are written. `also` names another reading that is possible as well."""

    name: str
    also: str = ""

    @property
    def has_zone(self) -> bool:
        """Whether a zone can never matter."""
        return self.name in UNITS

    def read(self, cells: pa.Array, zone: str = "UTC") -> pa.Array:
        """Cells as int64 Unix seconds. Cells in another format are null.

        `zone` is the IANA name of the time zone of cells that have none. Raises DetectionError.
        """
        if self.name in UNITS:
            return _unix(cells, UNITS[self.name])
        if self.name == DAYS:
            days = _numbers(pc.utf8_trim_whitespace(cells))
            nulls = np.isnan(days)
            seconds = np.round((np.where(nulls, _EPOCH_DAY, days) - _EPOCH_DAY) * 86_400)
            return pa.array(seconds.astype(np.int64), mask=nulls)
        seconds, naive = _calendar(cells, self.name)
        if zone != "UTC" and naive.any():
            seconds = np.where(naive, _local(seconds, zone), seconds)
        nulls = np.isnan(seconds)
        return pa.array(
            np.where(nulls, 0, np.floor(np.where(nulls, 0, seconds))).astype(np.int64), mask=nulls
        )


def looks_like_time(text: str) -> bool:
    """Whether a cell is a date or a time in words or digits, and no plain number."""
    text = text.strip()
    if any(re.fullmatch(pattern, text) for name, pattern in PATTERNS.items() if name != "digits"):
        return True
    return bool(_TIME_OF_DAY.match(text))


def detect(cells: pa.Array, *, days: bool = False) -> TimeFormat | None:
    """The format of a sample of non-empty cells, or None if they are no times.

    `days` says that the column is called a time, so that small numbers may be the days of a spreadsheet.
    """
    if not len(cells):
        return None
    cells = pc.utf8_trim_whitespace(cells)
    if (unit := _unit(cells)) is not None:
        return TimeFormat(unit)
    if days and _are_days(cells):
        return TimeFormat(DAYS)
    shares = {name: _share(cells, name) for name in PATTERNS}
    good = [name for name, share in shares.items() if share >= MIN_SHARE]
    if not good:
        return None
    best = max(good, key=lambda name: (round(shares[name], 3), -list(PATTERNS).index(name)))
    swapped = {"month/day/year": "day/month/year", "day/month/year": "month/day/year"}.get(best, "")
    if swapped in good and shares[swapped] == shares[best]:
        return _more_likely(cells, best, swapped)
    return TimeFormat(best)


def seconds_of_day(cells: pa.Array) -> pa.Array:
    """Times of day such as `13:05`, `1:05 PM` and `1305` as int64 seconds. Others are null."""
    found: list[int | None] = []
    for text in cells.to_pylist():
        text = (text or "").strip()
        if text.isdigit() and len(text) <= 4 and int(text[-2:]) < 60 and int(text) < 2400:
            found.append(int(text) // 100 * 3600 + int(text) % 100 * 60)
        elif match := _TIME_OF_DAY.match(text):
            hour, minute, second, half = match.groups()
            hours = int(hour) % 12 + 12 * (half.lower() == "pm") if half else int(hour)
            found.append(hours * 3600 + int(minute) * 60 + int(second or 0))
        else:
            found.append(None)
    return pa.array(found, pa.int64())


def _more_likely(cells: pa.Array, first: str, second: str) -> TimeFormat:
    """Of two readings the one whose times are closer together; the first if both are alike."""
    spans = {}
    for name in (first, second):
        seconds = TimeFormat(name).read(cells).drop_null().to_numpy()
        steps = np.abs(np.diff(seconds))
        spans[name] = float(np.median(steps)) if len(steps) else 0.0
    better = second if spans[second] < 0.5 * spans[first] else first
    return TimeFormat(better, also=second if better == first else first)


def _are_days(cells: pa.Array) -> bool:
    values = _numbers(cells)
    return bool(np.mean((values >= _FIRST_DAY) & (values < _LAST_DAY)) >= MIN_SHARE)


def _unit(cells: pa.Array) -> str | None:
    """The unit of Unix times, by their size."""
    values = _numbers(cells)
    if np.mean(~np.isnan(values)) < MIN_SHARE:
        return None
    values = values[~np.isnan(values) & (values != 0)]
    for name, size in UNITS.items():
        low, high = _RANGE[0] * size, _RANGE[1] * size
        if len(values) and np.mean((values >= low) & (values < high)) >= MIN_SHARE:
            return name
    return None


def _unix(cells: pa.Array, size: int) -> pa.Array:
    text = pc.utf8_trim_whitespace(cells)
    whole = pc.fill_null(pc.match_substring_regex(text, r"^\d{1,19}$"), False)
    exact = pc.cast(pc.if_else(whole, text, pa.scalar(None, pa.string())), pa.int64())
    exact = pc.divide(exact, size)
    if pc.all(whole).as_py():
        return exact
    values = _numbers(text) / size
    nulls = np.isnan(values) | (np.abs(values) > 1e12)
    floats = pa.array(np.where(nulls, 0, np.floor(np.where(nulls, 0, values))).astype(np.int64), mask=nulls)
    return pc.coalesce(exact, floats)


def _numbers(cells: pa.Array) -> np.ndarray:
    """Plain numbers as float64[cells]; others are NaN."""
    good = pc.fill_null(pc.match_substring_regex(cells, r"^[+-]?\d+(\.\d*)?([eE][+]?\d+)?$"), False)
    plain = pc.cast(pc.if_else(good, cells, pa.scalar(None, pa.string())), pa.float64())
    return np.asarray(pc.fill_null(plain, float("nan")).to_numpy(zero_copy_only=False))


def _share(cells: pa.Array, name: str) -> float:
    seconds, _ = _calendar(cells, name)
    return float(np.mean(~np.isnan(seconds)))


@cache
def _regex(name: str) -> str:
    return rf"^\s*{PATTERNS[name]}\s*$"


def _calendar(cells: pa.Array, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Cells as float64[cells] Unix seconds, NaN for other texts, and whether each has no zone."""
    parts = pc.extract_regex(cells, _regex(name))
    rows = len(cells)
    if not rows:
        return np.empty(0), np.empty(0, bool)
    names = {parts.type.field(place).name for place in range(parts.type.num_fields)}

    def text(part: str) -> pa.Array:
        return pc.struct_field(parts, part) if part in names else pa.nulls(rows, pa.string())

    def number(part: str) -> np.ndarray:
        found = text(part)
        empty = pc.fill_null(pc.equal(pc.binary_length(found), 0), True)
        digits = pc.cast(pc.if_else(empty, "0", found), pa.float64())
        return np.asarray(digits.to_numpy(zero_copy_only=False))

    known = np.asarray(pc.is_valid(parts).to_numpy(zero_copy_only=False))
    month = number("month") if "word" not in names else _month_numbers(text("word"))
    year, day = number("year"), number("day")
    year = np.where(year < 70, year + 2000, np.where(year < 100, year + 1900, year))
    hour = _hours(number("hour"), text("half"))
    offset, has_zone = _offsets(text("zone"))
    minute, second = number("minute"), number("second")
    known &= (month >= 1) & (month <= 12) & (day >= 1) & (day <= _days_of_month(year, month))
    known &= (hour < 24) & (minute < 60) & (second < 62) & ~np.isnan(offset)
    months = (np.where(known, year, 1970) - 1970) * 12 + np.where(known, month, 1) - 1
    days = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + day - 1
    seconds = days * 86400.0 + hour * 3600 + minute * 60 + second - np.nan_to_num(offset)
    return np.where(known, seconds, np.nan), ~has_zone


def _days_of_month(year: np.ndarray, month: np.ndarray) -> np.ndarray:
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    place = np.clip(month, 0, 12).astype(int)
    return np.asarray(lengths[place] + ((place == 2) & leap))


def _month_numbers(words: pa.Array) -> np.ndarray:
    found = pc.utf8_lower(words)
    values = [
        next((number for name, number in _MONTHS.items() if (word or "").startswith(name)), 0)
        for word in pc.unique(found).to_pylist()
    ]
    table = dict(zip(pc.unique(found).to_pylist(), values, strict=True))
    return np.array([table[word] for word in found.to_pylist()], float)


def _hours(hour: np.ndarray, half: pa.Array) -> np.ndarray:
    if half.null_count == len(half):
        return hour
    letter = pc.utf8_lower(pc.utf8_slice_codeunits(pc.fill_null(half, ""), 0, 1))
    letters = np.asarray(letter.to_numpy(zero_copy_only=False))
    morning = np.where(letters == "a", hour % 12, hour)
    return np.asarray(np.where(letters == "p", hour % 12 + 12, morning))


def _offsets(zones: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Zones as float64[cells] seconds east of UTC, NaN for unknown ones, and whether there is one."""
    texts = pc.fill_null(zones, "")
    distinct = pc.unique(texts).to_pylist()
    table = dict(zip(distinct, map(_offset, distinct), strict=True))
    found = texts.to_pylist() if len(distinct) > 1 else None
    if found is None:
        one = distinct[0] if distinct else ""
        return np.full(len(texts), table.get(one, 0.0)), np.full(len(texts), bool(one))
    return np.array([table[zone] for zone in found]), np.array([bool(zone) for zone in found])


def _offset(zone: str) -> float:
    if not zone:
        return 0.0
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        return (1 if zone[0] == "+" else -1) * (int(digits[:2]) * 3600 + int(digits[2:]) * 60)
    hours = _ZONES.get(zone.lower())
    return float("nan") if hours is None else hours * 3600


def _local(seconds: np.ndarray, zone: str) -> np.ndarray:
    """Seconds of a local clock as Unix seconds. Raises DetectionError for an unknown zone."""
    nulls = np.isnan(seconds)
    clock = pa.array(np.where(nulls, 0, seconds).astype(np.int64), pa.timestamp("s"))
    try:
        exact = pc.assume_timezone(clock, zone, ambiguous="earliest", nonexistent="earliest")
    except pa.ArrowInvalid as error:
        raise DetectionError(f"There is no time zone {zone!r}.", "One looks like Europe/Berlin.") from error
    return np.where(nulls, np.nan, pc.cast(exact, pa.int64()).to_numpy().astype(float))
