"""Synonyms in Solr's format, as OpenSearch's synonym filters take them.

`tv, television` makes each phrase stand for all of them. `sneaker, trainer => shoe` replaces the phrases on
the left by those on the right. https://docs.opensearch.org/latest/analyzers/token-filters/synonym/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tastemaker.search.analysis.analyzers import token
from tastemaker.search.analysis.words import words
from tastemaker.search.errors import InvalidArgumentError

Phrase = tuple[str, ...]
Synonyms = Mapping[Phrase, tuple[Phrase, ...]]


def read_synonyms(rules: Iterable[str], language: str) -> Synonyms:
    """Read rules for an analyzer of a language. Raises InvalidArgumentError for a rule without a phrase."""
    found: dict[Phrase, dict[Phrase, None]] = {}
    for rule in rules:
        if rule.lstrip().startswith("#") or not rule.strip():
            continue
        left, arrow, right = rule.partition("=>")
        sources = _phrases(left, language, rule)
        targets = _phrases(right, language, rule) if arrow else sources
        for source in sources:
            found.setdefault(source, {}).update(dict.fromkeys(targets))
    return {source: tuple(targets) for source, targets in found.items()}


def _phrases(text: str, language: str, rule: str) -> list[Phrase]:
    phrases = [_phrase(part, language) for part in text.split(",")]
    if not all(phrases):
        raise InvalidArgumentError(
            f"The synonym rule [{rule}] has a part without a word, or only stop words."
        )
    return phrases


def _phrase(text: str, language: str) -> Phrase:
    return tuple(found for word in words(text) if (found := token(language, word)))
