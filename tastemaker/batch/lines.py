"""A line of a batch job: reading the question and writing the answer.

    {"userId": "u"}  →  {"input":{"userId":"u"},"output":{"recommendedItems":[…],"scores":[…]},"error":null}

A line that cannot be answered has the reason in `error`, and the job continues.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isinf
from typing import Any, TypeGuard

from tastemaker.contracts.limits import MAX_RESULTS
from tastemaker.errors import InvalidInput
from tastemaker.values import BadValueError, check_id

Question = dict[str, Any]


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not allowed in JSON")


def _finite(digits: str) -> float:
    """Refuse a number that would be read as infinity, which JSON cannot write."""
    value = float(digits)
    if isinf(value):
        raise ValueError(f"{digits[:SHOWN_CHARACTERS]} is too large for a number")
    return value


_READER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
_WRITER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


class BadLine(InvalidInput):
    """A line does not fit the job's recipe. The message becomes the line's error."""


MAX_LINE_BYTES = 1 << 20
"""The longest line that is answered. A ranking of 500 items with long IDs has half a megabyte."""
SHOWN_CHARACTERS = 200
"""What the answer of a longer line repeats of it."""
NESTING = 100
"""How deeply a line may be nested. Both readers and writers of JSON have a limit, which differs."""


def read(line: bytes) -> tuple[Any, Question | None, str | None]:
    """Return (the input to repeat, the question, the error). A line that is not JSON is repeated as text."""
    if len(line) > MAX_LINE_BYTES:
        shown = line[:SHOWN_CHARACTERS].decode("utf-8", "replace")
        return shown, None, "The line has more than 1 MB; each line is one JSON object."
    try:
        document = _READER.decode(line.decode(json.detect_encoding(line), "surrogatepass"))
        if line.count(b"[") + line.count(b"{") > NESTING and _deeper_than(document, NESTING):
            raise ValueError(f"it is nested more than {NESTING} levels deep")
    except (ValueError, RecursionError) as error:  # RecursionError: nested too deeply
        return line.decode("utf-8", "replace"), None, f"The line is not JSON: {error}."
    if (rb"\u" in line or b"\xed" in line) and not _is_text(document):
        reason = (
            "The line has half of a surrogate pair (such as \\ud800, or its bytes), which is not a character."
        )
        return document, None, reason
    if not isinstance(document, dict):
        return document, None, "The line must be a JSON object."
    return document, document, None


def write(echo: Any, output: Mapping[str, Any] | str | None, error: str | None) -> bytes:
    """Return a line of the output file, with its line end.

    `echo` is the input to repeat. `output` may already be JSON.
    """
    answer = output if isinstance(output, str) else to_json(output)
    line = f'{{"input":{to_json(echo)},"output":{answer},"error":{to_json(error)}}}\n'
    # Half of a surrogate pair can only be written as an escape, and the backslash form is that of JSON.
    return line.encode("utf-8", "backslashreplace")


def to_json(value: Any) -> str:
    """Return compact JSON."""
    return "null" if value is None else _WRITER.encode(value)


def shares_to_json(shares: Sequence[float | None]) -> str:
    """Return JSON of shares that are rounded to seven decimals.

    All decimals are written, in half of the time that the shortest text of each number takes.
    """
    if None in shares:
        return to_json(shares)
    return f"[{','.join(['%.7f'] * len(shares))}]" % tuple(shares)


def text(question: Question, member: str, *, required: bool = False) -> str | None:
    """Return a string member; None if it is absent. Raises BadLine."""
    value = question.get(member)
    if value is None and not required:
        return None
    if not isinstance(value, str) or not value:
        raise BadLine(f"{member} is missing." if value is None else f"{member} must be a text.")
    return value


def is_identifier(value: Any) -> TypeGuard[str]:
    """Whether a value can be an id."""
    if not isinstance(value, str):
        return False
    try:
        check_id(value)
    except BadValueError:
        return False
    return True


def identifier(question: Question, member: str, *, required: bool = False) -> str | None:
    """Return a member that is an id; None if it is absent. Raises BadLine."""
    value = text(question, member, required=required)
    if value is not None:
        try:
            check_id(value)
        except BadValueError as error:
            raise BadLine(f"{member} is not valid: {error}.") from None
    return value


def texts(question: Question, member: str) -> dict[str, str]:
    """Return a member that maps names to strings; {} if it is absent. Raises BadLine."""
    value = question.get(member)
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise BadLine(f"{member} must be an object of texts.")
    return value


def item_list(question: Question) -> list[str]:
    """Return the `itemList` of a ranking. Raises BadLine."""
    items = question.get("itemList")
    if items is None:
        raise BadLine("itemList is missing.")
    if not isinstance(items, list) or not all(isinstance(item, str) and item for item in items):
        raise BadLine("itemList must be a list of item ids.")
    if not 1 <= len(items) <= MAX_RESULTS:
        raise BadLine(f"itemList has {len(items)} items; it must have from 1 to {MAX_RESULTS}.")
    return items


def _is_text(document: Any) -> bool:
    """Whether all texts of a document can be encoded. Half of a surrogate pair cannot."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _deeper_than(document: Any, levels: int) -> bool:
    """Whether objects and lists are nested in more than so many levels."""
    inside = [document]
    for _ in range(levels):
        inside = [
            child
            for one in inside
            if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
        ]
        if not inside:
            return False
    return any(isinstance(one, dict | list) for one in inside)
