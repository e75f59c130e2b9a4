"""Reading JSON objects of requests: members by name and type, with OpenSearch's errors."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from tastemaker.search.errors import ParsingError, UnsupportedError


class Members:
    """The members of one object. Each is taken once, and `end` raises for those that were not taken."""

    def __init__(self, what: str, value: Any) -> None:
        if not isinstance(value, Mapping):
            raise ParsingError(f"[{what}] must be an object, found {_named(value)}")
        self.what = what
        self._left = dict(value)

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def is_given(self, name: str) -> bool:
        """Whether there is a member that is not null. One that is null is dropped."""
        if self._left.get(name) is None:
            self._left.pop(name, None)
            return False
        return True

    def take(self, name: str, default: Any = None) -> Any:
        """A member of any type."""
        return self._left.pop(name, default)

    def required(self, name: str) -> Any:
        """A member of any type. Raises ParsingError without it."""
        if name not in self._left:
            raise ParsingError(f"[{self.what}] requires [{name}]")
        return self._left.pop(name)

    def number(self, name: str, default: float) -> float:
        """A number, which may be written as text."""
        if name not in self._left:
            return default
        value = self._left.pop(name)
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise ParsingError(f"[{self.what}] [{name}] must be a number, found [{value}]")
        if name == "boost" and number < 0:
            raise ParsingError(f"negative [boost] are not allowed in [{self.what}], found [{number:g}]")
        return number

    def integer(self, name: str, default: int, *, least: int = 0) -> int:
        """A whole number of at least `least`."""
        value = self.number(name, default)
        if value != int(value) or value < least:
            raise ParsingError(
                f"[{self.what}] [{name}] must be a whole number of at least {least}, found [{value:g}]"
            )
        return int(value)

    def flag(self, name: str, default: bool) -> bool:
        """A boolean, which may be written as text."""
        value = self._left.pop(name, default)
        if value in (True, "true", ""):
            return True
        if value in (False, "false"):
            return False
        raise ParsingError(f"[{self.what}] [{name}] must be true or false, found [{value}]")

    def text(self, name: str, default: str | None = None) -> str | None:
        """A text, or another plain value as text."""
        value = self._left.pop(name, default)
        if isinstance(value, (Mapping, list)):
            raise ParsingError(f"[{self.what}] [{name}] must be a text, found {_named(value)}")
        return value if value is None else plain_text(value)

    def choice(self, name: str, allowed: Collection[str], default: str) -> str:
        """One of some texts, in any case."""
        value = str(self._left.pop(name, default)).lower()
        if value not in allowed:
            raise ParsingError(f"[{self.what}] [{name}] must be one of {', '.join(allowed)}, found [{value}]")
        return value

    def values(self, name: str) -> list[Any]:
        """A list; an empty one without the member. Raises ParsingError for anything else."""
        value = self._left.pop(name, [])
        if not isinstance(value, list):
            raise ParsingError(f"[{self.what}] [{name}] must be a list, found {_named(value)}")
        return value

    def ignore(self, *names: str) -> None:
        """Drop members that change nothing here."""
        for name in names:
            self._left.pop(name, None)

    def items(self) -> list[tuple[str, Any]]:
        """All members that are left, with their values."""
        found, self._left = list(self._left.items()), {}
        return found

    def rest(self) -> dict[str, Any]:
        """All members that are left."""
        return dict(self.items())

    def single(self) -> tuple[str, Any]:
        """The only member: its name and value. Raises ParsingError unless there is exactly one."""
        if len(self._left) != 1:
            raise ParsingError(
                f"[{self.what}] must have exactly one member, found [{', '.join(map(str, self._left))}]"
            )
        return self._left.popitem()

    def end(self) -> None:
        """Raise UnsupportedError for a member that nobody has taken."""
        if self._left:
            raise UnsupportedError(
                f"[{self.what}] has the member [{next(iter(self._left))}], which the embedded index "
                "does not support."
            )


def finite(value: Any) -> float:
    """A number, or a text with one. Raises TypeError and ValueError, also for NaN and infinities."""
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def as_list(value: Any) -> list[Any]:
    """A list as it is, and one value as a list."""
    return value if isinstance(value, list) else [value]


def plain_text(value: Any) -> str:
    """A plain JSON value as OpenSearch writes it in text. Raises ParsingError for null, lists and objects."""
    if value is None or isinstance(value, (list, Mapping)):
        raise ParsingError(f"Expected a text or a number, found {_named(value)}")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _named(value: Any) -> str:
    return "null" if value is None else f"[{str(value)[:60]}]"
