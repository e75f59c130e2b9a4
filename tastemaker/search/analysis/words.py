"""The words of a text.

The index stores words as they are, in lower case. An analyzer only decides later which words count as one
token. So an index has one set of postings for all analyzers, and the analyzer of a field can change without a
new index.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_WORD_LETTERS = 64
"""The rest of a longer word is ignored: it is an identifier or encoded data, and nobody searches for it."""

# Letters, digits and combining marks. An apostrophe belongs to the word between two letters.
_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Word:
    """A word in lower case, and where it stands in the text: characters `start` to `end`."""

    text: str
    start: int
    end: int


def words(text: str) -> list[str]:
    """The words of a text, in lower case and in their order."""
    return [word[:MAX_WORD_LETTERS] for word in _WORD.findall(text.lower().replace("’", "'"))]


def located(text: str) -> Iterator[Word]:
    """The words of a text with their places."""
    for found in _WORD.finditer(text):
        folded = found.group().lower().replace("’", "'")
        yield Word(folded[:MAX_WORD_LETTERS], found.start(), found.end())
