r"""The patterns of the service models, compiled so that a match takes time in proportion to the text.

Java's `\d`, in whose dialect the models are written, matches ASCII digits only.
"""

import re
from functools import cache
from typing import Any

LINEAR = {
    r"arn:([a-z\d-]+):personalize:.*:.*:.+": r"arn:([a-z\d-]+):personalize:[^:\n]*:[^:\n]*:.+",
    r"arn:aws.*:kms:.*:[0-9]{12}:key/.*": r"arn:aws(?>.*?:kms:)(?>.*?:[0-9]{12}:key/).*",
    r"^[\x20-\x7E]*[\x21-\x7E]+[\x20-\x7E]*$": r" *[\x21-\x7E][\x20-\x7E]*",
}
"""Patterns that try every division of a text between their repeats → patterns of the same texts that do not.

Of 1,024 characters, the last one took two seconds to refuse a text.
"""


@cache
def compiled(pattern: str) -> Any:
    """The compiled pattern, for `fullmatch`."""
    pattern = LINEAR.get(pattern, pattern)
    if "\\p{" not in pattern:
        return re.compile(pattern, re.ASCII)
    import regex  # imported here because it takes 0.1 seconds and only three patterns need it

    return regex.compile(pattern)
