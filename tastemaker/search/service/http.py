"""Requests and responses of the API."""

from __future__ import annotations

import json
import math
import sys
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from tastemaker.search.errors import InvalidArgumentError, ParsingError, SearchError, TooLargeError

MAX_BODY_BYTES = 50_000_000
"""The largest body after decompression. A compressed one has at most 6 MB."""
JSON = "application/json; charset=UTF-8"


def uncompressed(body: bytes, headers: Mapping[str, str]) -> tuple[bytes, Mapping[str, str]]:
    """A body that may be compressed with gzip as it was, and the headers without its encoding.

    Clients compress bodies with `http_compress` or `compression`. Raises ParsingError and TooLargeError.
    """
    encoding = next((value for name, value in headers.items() if name.lower() == "content-encoding"), "")
    if encoding.strip().lower() in ("", "identity"):
        return body, headers
    if encoding.strip().lower() != "gzip":
        raise InvalidArgumentError(f"The body has the encoding [{encoding}]; send it with gzip or without")
    reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = reader.decompress(body, MAX_BODY_BYTES)
    except zlib.error as error:
        raise ParsingError(f"The body is not gzip: {error}") from None
    if reader.unconsumed_tail:
        raise TooLargeError(f"The body has more than {MAX_BODY_BYTES:,} bytes when it is decompressed.")
    if not reader.eof:
        raise ParsingError("The body is not gzip: its end is missing")
    return plain, {name: value for name, value in headers.items() if name.lower() != "content-encoding"}


def json_bytes(value: Any) -> bytes:
    """A value as JSON in UTF-8. Half of a surrogate pair, which a client can send, becomes an escape."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="backslashreplace")


@dataclass(frozen=True)
class HttpRequest:
    """A request. `path` is decoded, without the prefix of the endpoint."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def parts(self) -> list[str]:
        """The parts of the path."""
        return [part for part in self.path.strip("/").split("/") if part]

    def json(self) -> Any:
        """The body as JSON; an empty object without a body. Raises ParsingError."""
        return parse_json(self.body) if self.body.strip() else {}


@dataclass(frozen=True)
class HttpResponse:
    """A response with its body."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": JSON})

    @classmethod
    def of(cls, value: Any, status: int = 200) -> HttpResponse:
        """A response with a JSON body."""
        return cls(status, json_bytes(value))

    @classmethod
    def of_error(cls, error: SearchError) -> HttpResponse:
        """The response for an error."""
        return cls.of(error.body(), error.status)


class Parameters:
    """The parameters of a URL. `end` raises for those that nobody has taken."""

    COMMON = ("pretty", "human", "error_trace", "format")

    def __init__(self, request: HttpRequest, ignored: tuple[str, ...] = ()) -> None:
        self._path, self._left = request.path, dict(request.query)
        for name in (*self.COMMON, *ignored):
            self._left.pop(name, None)

    def take(self, name: str) -> str | None:
        """A parameter, or None."""
        return self._left.pop(name, None)

    def flag(self, name: str) -> bool:
        """Whether a parameter is given and not false."""
        value = self._left.pop(name, "false")
        if value not in ("", "true", "false"):
            raise InvalidArgumentError(
                f"Failed to parse value [{value}] of [{name}] as only [true] or [false]"
            )
        return value != "false"

    def end(self) -> None:
        """Raise InvalidArgumentError for parameters that nobody has taken."""
        if self._left:
            names = ", ".join(f"[{name}]" for name in sorted(self._left))
            word = "parameter" if len(self._left) == 1 else "parameters"
            raise InvalidArgumentError(f"request [{self._path}] contains unrecognized {word}: {names}")


def parse_json(text: bytes) -> Any:
    """Parse JSON. Raises ParsingError, also for NaN, infinities, and numbers beyond those of a double."""
    try:
        return json.loads(text, parse_constant=_refuse, parse_int=_integer, parse_float=_real)
    except (ValueError, RecursionError) as error:
        raise ParsingError(f"The body is not JSON: {error}") from None


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _integer(text: str) -> int:
    number = int(text)
    return number if abs(number) <= sys.float_info.max else _refuse(text[:60])


def _real(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text[:60])


def json_object(value: Any) -> dict[str, Any]:
    """A JSON object as it is. Raises ParsingError for anything else."""
    if not isinstance(value, dict):
        raise ParsingError(f"The body must be a JSON object, found {type(value).__name__}")
    return value


def json_lines(body: bytes) -> Iterator[Any]:
    """The values of lines of JSON. Empty lines are skipped."""
    for line in body.splitlines():
        if line.strip():
            yield parse_json(line)
