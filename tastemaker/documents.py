"""JSON from callers."""

import json
from typing import Any


def parse(text: bytes | str, *, unique: bool = False) -> Any:
    """The value of a JSON text in UTF-8.

    Raises ValueError if the text is not JSON or is nested too deeply. It also raises ValueError for one half
    of a surrogate pair, which an escape can express although it is not a character that can be stored or
    sent. With `unique`, an object that names a member twice is an error too: one value would be lost.
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique if unique else None)
        if _may_hold_surrogates(text):
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is there twice")
    return found


def _may_hold_surrogates(text: bytes | str) -> bool:
    return b"\\u" in text or b"\xed" in text if isinstance(text, bytes) else "\\u" in text
