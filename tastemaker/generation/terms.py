"""The words of texts, and what distinguishes a group of texts from the catalog.

The weight of a term in a group is the share of the group's texts that have it, times the logarithm of how few
texts of the catalog have it. This is class-based TF-IDF (Grootendorst, "BERTopic: Neural topic modeling with
a class-based TF-IDF procedure", 2022) with texts counted instead of words, so that one long text cannot
decide for its group.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

_FILE = Path(__file__).with_name("stop_words.txt")
STOP_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(words)
    for language, *words in (line.split() for line in _FILE.read_text(encoding="utf-8").splitlines())
}
"""Words that say nothing about an item, by language. They also tell languages apart."""

_ALL_STOP_WORDS = frozenset().union(*STOP_WORDS.values())
MIN_LETTERS = 3


def language_of(text: str) -> str | None:
    """The language with most stop words in a text; None if the text does not say enough."""
    words = [word.casefold() for word in WORD.findall(text)]
    hits = {name: sum(word in stops for word in words) for name, stops in STOP_WORDS.items()}
    best = max(hits, key=hits.__getitem__)
    others = max(count for name, count in hits.items() if name != best)
    return best if hits[best] > others else None


def words_of(text: str) -> list[str]:
    """The words of a text that say something, in lower case and in their order."""
    return [word for word in map(str.casefold, WORD.findall(text)) if says_something(word)]


def says_something(word: str) -> bool:
    """Whether a word in lower case is a term: no stop word, no number, not too short."""
    if word in _ALL_STOP_WORDS or word.isdigit():
        return False
    return len(word) >= MIN_LETTERS or not word.isascii()


def terms_of(text: str) -> set[str]:
    """The words of a text and its pairs of adjacent words. Pairs do not reach over stop words."""
    found: set[str] = set()
    for part in re.split(r"[.,;:!?()\n|/]+", text):
        words = [word.casefold() for word in WORD.findall(part)]
        found.update(word for word in words if says_something(word))
        found.update(
            f"{a} {b}" for a, b in pairwise(words) if says_something(a) and says_something(b) and a != b
        )
    return found


class Background:
    """In how many texts of a catalog each term is, and in which ones."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.size = len(texts)
        self.rows: dict[str, list[int]] = defaultdict(list)
        for row, text in enumerate(texts):
            for term in terms_of(text):
                self.rows[term].append(row)

    def rarity(self, term: str) -> float:
        """The logarithm of how few texts have the term, from 0 (all texts) up."""
        return float(np.log((1 + self.size) / (1 + len(self.rows.get(term, ())))))

    def share(self, phrase: str) -> float:
        """The share of texts that have the rarest term of a phrase; 0 if there are no texts."""
        counts = [len(set(self.rows.get(term, ()))) for term in terms_of(phrase)]
        return min(counts, default=0) / max(self.size, 1)

    def weights(self, group: Sequence[str]) -> dict[str, float]:
        """The weight of each term of a group of texts that is in at least two of them, or in its only one."""
        counted = Counter(term for text in group for term in terms_of(text))
        least = min(2, len(group))
        return {
            term: count / len(group) * self.rarity(term) for term, count in counted.items() if count >= least
        }


def surface(term: str, texts: Iterable[str]) -> str:
    """The term as the texts write it most often: with capitals only if that is usual within sentences."""
    pattern = re.compile(rf"(?<![^\W_]){re.escape(term)}(?![^\W_])".replace(r"\ ", r"\s+"), re.IGNORECASE)
    forms = Counter(" ".join(match.split()) for text in texts for match in pattern.findall(text))
    if not forms:
        return term
    lower = forms.get(term, 0)
    form, count = min(forms.items(), key=lambda item: (-item[1], item[0]))
    return term if lower * 4 >= count else form
