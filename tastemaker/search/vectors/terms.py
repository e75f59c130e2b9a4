"""The terms of a text, as latent semantic analysis counts them."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

WORD = re.compile(r"\w+")


def counted_terms(text: str) -> Counter[str]:
    """How often a text has each word of two or more letters, and each pair of adjacent ones."""
    words = [word for word in WORD.findall(text.casefold()) if len(word) > 1 or not word.isascii()]
    return Counter(words + [f"{a} {b}" for a, b in pairwise(words)])
