"""JSON from callers."""

import json
from typing import Any


def parse(text: bytes | str) -> Any:
    """The value of a JSON text in UTF-8.

    Raises ValueError if the text is not JSON or is nested too deeply. It also raises ValueError for one half
    of a surrogate pair, which an escape can express although it is not a character that can be stored or
    sent.
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
