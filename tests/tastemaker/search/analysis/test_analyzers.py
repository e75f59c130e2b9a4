"""Which token a word counts as in each language."""

import pytest

from tastemaker.search.analysis.analyzers import Analyzer, token
from tastemaker.search.analysis.synonyms import read_synonyms
from tastemaker.search.analysis.words import located, words
from tastemaker.search.errors import InvalidArgumentError


@pytest.mark.parametrize(
    ("language", "text", "tokens"),
    [
        ("standard", "The Dog's 13-inch TV_set, café", ["the", "dog's", "13", "inch", "tv", "set", "café"]),
        ("english", "The dog’s running shoes", ["dog", "run", "shoe"]),
        ("german", "Die Häuser der Straße", ["haus", "strass"]),
        ("french", "L'avion des chevaux, l'été", ["avion", "cheval", "ete"]),
        ("spanish", "Las canciones de España", ["cancion", "espan"]),
    ],
)
def test_words_become_the_tokens_of_a_language(language: str, text: str, tokens: list[str]) -> None:
    assert Analyzer(language).tokens(words(text)) == tokens


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("english", "shoe", "shoes"),
        ("german", "apfel", "äpfel"),
        ("french", "cheval", "chevaux"),
        ("spanish", "canción", "canciones"),
    ],
)
def test_singular_and_plural_are_one_token(language: str, one: str, other: str) -> None:
    assert token(language, one) == token(language, other)
    assert token("standard", one) != token("standard", other)


def test_located_words_are_where_the_text_has_them() -> None:
    text = "Café, l’été!"
    assert [(word.text, text[word.start : word.end]) for word in located(text)] == [
        ("café", "Café"),
        ("l'été", "l’été"),
    ]


def test_synonyms_stand_for_each_other_and_arrows_replace() -> None:
    synonyms = read_synonyms(["# rules", "tv, flat screens", "sneaker => running shoe", ""], "english")
    analyzer = Analyzer("english", synonyms)
    assert analyzer.alternatives(["flat", "screen", "old"]) == [(("tv",), ("flat", "screen")), (("old",),)]
    assert analyzer.alternatives(["flat", "sneaker"]) == [(("flat",),), (("run", "shoe"),)]


def test_synonym_rule_without_a_word_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="has a part without a word"):
        read_synonyms(["tv, the"], "english")
