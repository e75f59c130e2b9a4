"""One line of a batch job: what it asks, and how its answer is written.

    {"userId": "u"}  →  {"input":{"userId":"u"},"output":{"recommendedItems":[…],"scores":[…]},"error":null}

A line that cannot be answered says why under `error`, and the job goes on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tastemaker.errors import InvalidInput

ID_LENGTH = 256
MOST_RANKED = 500
MOST_VALUES = 25

Question = dict[str, Any]


class BadLine(InvalidInput):
    """A line is not what the recipe's job takes; the message becomes the line's error."""


def read(line: bytes) -> tuple[Any, Question | None, str | None]:
    """(what to echo, the question, why there is none). A line that is no JSON is echoed as text."""
    try:
        document = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:  # the latter: nested too deeply
        return line.decode("utf-8", "replace"), None, f"The line is not JSON: {error}."
    if not isinstance(document, dict):
        return document, None, "The line must be a JSON object."
    return document, document, None


def write(echo: Any, output: Mapping[str, Any] | None, error: str | None) -> bytes:
    """A line of the output file, with its end."""
    document = {"input": echo, "output": output, "error": error}
    try:
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can carry
        return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def text(question: Question, member: str, *, required: bool = False) -> str | None:
    """A member that is an id or an expression. Raises BadLine."""
    value = question.get(member)
    if value is None and not required:
        return None
    if not isinstance(value, str) or not value:
        raise BadLine(f"{member} is missing." if value is None else f"{member} must be a text.")
    return value


def identifier(question: Question, member: str, *, required: bool = False) -> str | None:
    """As `text`, and no longer than an id may be. Raises BadLine."""
    value = text(question, member, required=required)
    if value is not None and len(value) > ID_LENGTH:
        raise BadLine(f"{member} is longer than {ID_LENGTH} characters.")
    return value


def texts(question: Question, member: str) -> dict[str, str]:
    """A member that maps names to texts (`context`, `filterValues`); {} if absent. Raises BadLine."""
    value = question.get(member)
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise BadLine(f"{member} must be an object of texts.")
    return value


def item_list(question: Question) -> list[str]:
    """`itemList` of a ranking. Raises BadLine."""
    items = question.get("itemList")
    if items is None:
        raise BadLine("itemList is missing.")
    if not isinstance(items, list) or not all(isinstance(item, str) and item for item in items):
        raise BadLine("itemList must be a list of item ids.")
    if not 1 <= len(items) <= MOST_RANKED:
        raise BadLine(f"itemList has {len(items)} items; it must have from 1 to {MOST_RANKED}.")
    return items


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
