"""JSON that others wrote."""

import json
from typing import Any


def parse(text: bytes | str) -> Any:
    """The value that `text` (UTF-8) stands for.

    Raises:
        ValueError: it is no JSON, nested deeper than anything that is meant, or holds half of a surrogate
            pair, which an escape can carry although it is no character: nobody could store or send it.
    """
    try:
        value = json.loads(text)
        if _may_hold_surrogates(text):
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def _may_hold_surrogates(text: bytes | str) -> bool:
    return b"\\u" in text or b"\xed" in text if isinstance(text, bytes) else "\\u" in text
