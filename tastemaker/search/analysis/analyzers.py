"""Analyzers: which token a word counts as.

The languages' stems are those of Snowball, https://snowballstem.org. OpenSearch's own analyzers of German,
French and Spanish use lighter stemmers, so that a few words are grouped differently.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

import Stemmer

from tastemaker.search.analysis import stop_words

STANDARD = "standard"
LANGUAGES = ("english", "german", "french", "spanish")
ANALYZERS = (STANDARD, *LANGUAGES)

_STOP_WORDS: Mapping[str, frozenset[str]] = {
    "english": stop_words.ENGLISH,
    "german": stop_words.GERMAN,
    "french": stop_words.FRENCH,
    "spanish": stop_words.SPANISH,
}


def fold(text: str) -> str:
    """A word without diacritics: `café` is `cafe`, and `straße` is `strasse`."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("æ", "ae").replace("œ", "oe"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def token(language: str, word: str) -> str:
    """The token of a word in lower case; empty for a stop word.

    `standard` keeps every word as it is. `language` is one of `ANALYZERS`.
    """
    if language == STANDARD:
        return word
    if "'" in word:
        word = _without_apostrophe(language, word)
    if word in _STOP_WORDS[language]:
        return ""
    return fold(_stemmer(language)(word))


def _without_apostrophe(language: str, word: str) -> str:
    before, _, after = word.partition("'")
    if language == "french" and before in stop_words.ELISIONS:
        return after
    return before if after == "s" else word.replace("'", "")


@cache
def _stemmer(language: str) -> Callable[[str], str]:
    stem: Callable[[str], str] = Stemmer.Stemmer(language).stemWord
    return stem


@dataclass(frozen=True)
class Analyzer:
    """A language with synonyms: the tokens of a phrase → the phrases that may stand for it."""

    language: str = STANDARD
    synonyms: Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]] = field(default_factory=dict)

    def tokens(self, words: Iterable[str]) -> list[str]:
        """The tokens of words, without stop words."""
        return [found for word in words if (found := token(self.language, word))]

    def alternatives(self, tokens: list[str]) -> list[tuple[tuple[str, ...], ...]]:
        """For each unit of a query the phrases that match it.

        A unit is the longest phrase with synonyms at a place, or a token.
        """
        units: list[tuple[tuple[str, ...], ...]] = []
        longest = max(map(len, self.synonyms), default=1)
        at = 0
        while at < len(tokens):
            for size in range(min(longest, len(tokens) - at), 0, -1):
                phrase = tuple(tokens[at : at + size])
                if phrase in self.synonyms or size == 1:
                    units.append(self.synonyms.get(phrase, (phrase,)))
                    at += size
                    break
        return units
