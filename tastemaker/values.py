"""Which values are valid, wherever data come in: imports, events and upserts.

Every function raises BadValueError, whose text says what is wrong and how to fix it. The caller adds where.
Whatever is valid here can be stored in every table and can be trained on.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.contracts.limits import MAX_ID_LENGTH

INTEGER_RANGES = {"int": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
"""The smallest and the largest value of Avro's integer types."""
LARGEST_FLOATS = {"float": 3.4028234663852886e38, "double": 1.7976931348623157e308}
"""The largest value of Avro's floating-point types."""
STORABLE_NUMBERS = (1e-130, 9.99e125)
"""The smallest and the largest positive number that DynamoDB stores.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

MAX_ID_BYTES = 1000
"""Bytes of an id in UTF-8.

DynamoDB takes sort keys of up to 1,024 bytes, and some keys have a time before the id.
"""

EVENT, CREATION, EXPIRATION = "event", "creation", "expiration"
"""What a time says. The three have different limits."""
TIME_COLUMNS = {
    "TIMESTAMP": EVENT,
    "CREATION_TIMESTAMP": CREATION,
    "EXPIRATION_TIMESTAMP": EXPIRATION,
    "ACTION_EXPIRATION_TIMESTAMP": EXPIRATION,
}
"""The columns that hold Unix seconds."""
MIN_TIME = 100_000_000
"""March 1973. A smaller number has another unit or is a date in digits: dates such as 20240115 are below."""
MAX_TIME = 9_999_999_999
"""The year 2286. A larger number is in milliseconds or a smaller unit."""
MAX_AHEAD_SECONDS = 366 * DAY_SECONDS
"""How far an event may lie in the future: clocks are wrong by hours, not by years."""
OLDEST_CREATION = -10_000_000_000
"""The year 1653: release dates of works may lie before 1970."""
_HOUR = 3600

_UNITS = ((10**17, "nanoseconds", "1,000,000,000"), (10**14, "microseconds", "1,000,000"))
_PANDAS = "with pandas, use .astype('datetime64[s]').astype('int64')"


class BadValueError(ValueError):
    """A value that is not valid. The text says why, without the place."""


# --- ids ---


def check_id(text: str) -> None:
    """Check an id that a request gives. Imports trim blanks instead of refusing them."""
    if text != text.strip():
        raise BadValueError(f"the id {text!r} begins or ends with a blank; remove it")
    if not text:
        raise BadValueError("the id is empty")
    if len(text) > MAX_ID_LENGTH:
        raise BadValueError(f"length cannot be more than {MAX_ID_LENGTH} characters")
    if (size := len(text.encode("utf-8", "surrogatepass"))) > MAX_ID_BYTES:
        raise BadValueError(f"an id may have {MAX_ID_BYTES:,} bytes in UTF-8, and this one has {size:,}")


def too_long(text: str, limit: int, name: str, *, categorical: bool) -> BadValueError:
    """The error for a text of the column `name` that has more than `limit` characters."""
    why = f"length cannot be more than {limit} characters for {name}, and this value has {len(text):,}"
    if categorical and "|" in text:
        why += f": its {text.count('|') + 1:,} categories count together; keep those that matter most"
    return BadValueError(why)


# --- numbers ---


def read_number(value: Any) -> int | float:
    """The number of a JSON value: a finite number, or text that is one. Integers keep all their digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and "_" not in value:
        text = value.strip()
        if len(text) <= 40 and text.isascii() and text.lstrip("+-").isdigit():
            try:
                return int(text)
            except ValueError:  # two signs
                pass
    try:
        number = math.nan if isinstance(value, bool) or "_" in str(value) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise BadValueError(f"expected a number, found {shown(value)}")
    return number


def read_float(value: Any, avro_type: str = "double") -> float:
    """A JSON value as a finite number within the range of `avro_type`."""
    number = read_number(value)
    largest = LARGEST_FLOATS[avro_type]
    if not -largest <= number <= largest:
        raise BadValueError(f"{shown(number)} does not fit {avro_type}, which ends at {largest:.4g}")
    return float(number)


def read_integer(value: Any, avro_type: str = "long") -> int:
    """A JSON value as a whole number within the range of `avro_type`."""
    number = read_number(value)
    if number != int(number):
        raise BadValueError(f"expected a whole number, found {shown(value)}")
    check_integer(int(number), avro_type)
    return int(number)


def check_integer(number: int, avro_type: str) -> None:
    """Check that a whole number is within the range of `avro_type`."""
    low, high = INTEGER_RANGES[avro_type]
    if not low <= number <= high:
        cure = "declare the field long" if avro_type == "int" else "at most 64 bits are possible"
        raise BadValueError(f"{shown(number)} does not fit {avro_type} ({low} to {high}); {cure}")


def check_storable(number: float) -> None:
    """Check that DynamoDB can store a number."""
    low, high = STORABLE_NUMBERS
    if number and not low <= abs(number) <= high:
        raise BadValueError(f"{shown(number)} cannot be stored: numbers are 0 or between {low} and {high}")


# --- times ---


def read_time(value: Any, role: str, now: float) -> int:
    """A JSON value as a time in whole Unix seconds. `role` is a value of `TIME_COLUMNS`."""
    number = read_number(value)
    check_time(number, role, now)
    return int(number)


def check_time(seconds: float, role: str, now: float) -> None:
    """Check a time in Unix seconds. `now` is the present.

    An event lies between 1973 and a year from now. Items may be created before 1973, at a whole hour, as
    release dates are; other small numbers are times in a wrong unit.
    """
    latest = now + MAX_AHEAD_SECONDS if role == EVENT else MAX_TIME
    if MIN_TIME <= seconds <= min(latest, MAX_TIME):
        return
    if role == CREATION and OLDEST_CREATION <= seconds < MIN_TIME and seconds % _HOUR == 0:
        return
    raise BadValueError(f"{shown(seconds)} {_why_not_a_time(seconds)}")


def _why_not_a_time(seconds: float) -> str:
    size, digits = abs(seconds), str(abs(int(seconds))) if abs(seconds) < 1e30 else ""
    if _is_date(digits):
        return "is a date in digits; convert it to Unix seconds, such as 1700000000"
    if size > MAX_TIME:
        for limit, unit, divisor in (*_UNITS, (10**11, "milliseconds", "1,000")):
            if size >= limit:
                return f"is in {unit}; times are in Unix seconds: divide by {divisor}"
    if seconds < 0:
        return f"is before 1970 ({_day(seconds)}); times of events are Unix seconds, such as 1700000000"
    if size >= MIN_TIME:
        return f"is {_day(seconds)}, in the future; times are in Unix seconds, such as 1700000000"
    cure = f"if they were divided by too much, divide by less; {_PANDAS}"
    if len(digits) == 4 and 1900 <= size <= 2100:
        cure = "this looks like a year"
    elif 10_000 <= size < 40_000:
        cure = "this looks like days since 1970; multiply by 86,400"
    elif 15_000_000 <= size < MIN_TIME:
        cure = "this looks like minutes since 1970; multiply by 60"
    return f"is {_day(seconds)}; Unix seconds have ten digits (nine before September 2001): {cure}"


def _is_date(digits: str) -> bool:
    """Whether digits are a date: 20240115, 202401151230 or 20240115123000."""
    formats = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
    if len(digits) not in formats or not "1900" <= digits[:4] <= "2100":
        return False
    try:
        datetime.strptime(digits, formats[len(digits)])
    except ValueError:
        return False
    return True


def _day(seconds: float) -> str:
    try:
        day = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except OverflowError:
        return "outside the calendar"
    return f"{day.day} {day:%B} {day.year}"


def shown(value: Any) -> str:
    """A value in a message, cut after 80 characters."""
    if isinstance(value, int) and value.bit_length() > 10_000:  # Python refuses to write it
        return f"a number of {value.bit_length() * 0.30103:,.0f} digits"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
