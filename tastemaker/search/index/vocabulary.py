"""Searching a sorted list of words: by prefix, and by edit distance."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import Ids

LAST_LETTER = "\U0010ffff"
MAX_EXPANSIONS = 50
"""How many words a prefix or a fuzzy word may stand for, as in OpenSearch."""


def with_prefix(words: Ids, prefix: str, limit: int | None = None) -> list[str]:
    """The words that begin with a prefix, in order, at most `limit`."""
    begin = bisect_left(words, prefix)
    end = bisect_left(words, prefix + LAST_LETTER, lo=begin)
    if limit is not None:
        end = min(end, begin + limit)
    return words.take(range(begin, end))


def max_distance(fuzziness: str | int, word: str) -> int:
    """How many edits a word may differ by: 0 to 2, or `AUTO`, or `AUTO:low,high` with lengths.

    https://docs.opensearch.org/latest/query-dsl/term/fuzzy/ Raises ValueError for anything else.
    """
    text = str(fuzziness).upper()
    if text.startswith("AUTO"):
        low, high = (int(part) for part in text[5:].split(",")) if ":" in text else (3, 6)
        return 0 if len(word) < low else 1 if len(word) < high else 2
    distance = float(text)
    if not 0 <= distance <= 2:
        raise ValueError(text)
    return int(distance)


@dataclass
class FuzzyWords:
    """Words by their length, as arrays of letters, so that all are compared at once. Made when needed."""

    words: Ids

    @cached_property
    def _by_length(self) -> dict[int, tuple[NDArray[np.int64], NDArray[np.uint32]]]:
        """Length → positions in `words`, and uint32[words, length] with their letters."""
        texts = np.array(self.words.tolist(), dtype=np.str_)
        lengths = np.char.str_len(texts)
        found = {}
        for length in np.unique(lengths).tolist():
            at = np.flatnonzero(lengths == length)
            if length:
                letters = texts[at].astype(f"U{length}").view(np.uint32).reshape(len(at), length)
                found[length] = at, letters
        return found

    def near(self, word: str, distance: int, *, prefix: int = 0) -> list[tuple[str, int]]:
        """The words within an edit distance, nearest first, with their distance, at most `MAX_EXPANSIONS`.

        An edit inserts, deletes or replaces a letter, or swaps two adjacent ones. The first `prefix` letters
        must be equal, or all letters of a shorter word (as Lucene's FuzzyQuery has it).
        """
        prefix = min(prefix, len(word))
        letters = np.array([ord(letter) for letter in word], np.uint32)
        found: list[tuple[int, str]] = []
        for length in range(max(1, len(word) - distance), len(word) + distance + 1):
            at, others = self._by_length.get(length, (None, None))
            if at is None or others is None or length < prefix:
                continue
            if prefix:
                same = (others[:, :prefix] == letters[:prefix]).all(1)
                at, others = at[same], others[same]
            distances = edit_distances(letters, others)
            for place in np.flatnonzero(distances <= distance).tolist():
                found.append((int(distances[place]), self.words[int(at[place])]))
        return [(text, edits) for edits, text in sorted(found)[:MAX_EXPANSIONS]]


def edit_distances(word: NDArray[np.uint32], others: NDArray[np.uint32]) -> NDArray[np.int16]:
    """The optimal string alignment distance of a word to others of one length: int16[others]."""
    count, length = others.shape
    before = np.zeros((length + 1, count), np.int16)
    above = np.repeat(np.arange(length + 1, dtype=np.int16)[:, None], count, 1)
    for row, letter in enumerate(word, 1):
        line = np.empty_like(above)
        line[0] = row
        for column in range(1, length + 1):
            differs = (others[:, column - 1] != letter).astype(np.int16)
            best = np.minimum(above[column - 1] + differs, np.minimum(above[column], line[column - 1]) + 1)
            if row > 1 and column > 1:
                swapped = (others[:, column - 2] == letter) & (others[:, column - 1] == word[row - 2])
                best = np.where(swapped, np.minimum(best, before[column - 2] + 1), best)
            line[column] = best
        before, above = above, line
    return above[length]
