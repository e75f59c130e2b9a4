"""Prefixes and edit distances beside plain definitions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.ids import Ids
from tastemaker.search.index.vocabulary import FuzzyWords, max_distance, with_prefix

WORD = st.text("abcü", max_size=5)


def distance(one: str, other: str) -> int:
    """The optimal string alignment distance, by its recursive definition."""
    if not one or not other:
        return len(one) + len(other)
    best = min(
        distance(one[:-1], other) + 1,
        distance(one, other[:-1]) + 1,
        distance(one[:-1], other[:-1]) + (one[-1] != other[-1]),
    )
    if len(one) > 1 and len(other) > 1 and one[-1] == other[-2] and one[-2] == other[-1]:
        best = min(best, distance(one[:-2], other[:-2]) + 1)
    return best


@given(st.sets(WORD, max_size=15), WORD)
def test_prefix_finds_the_words_that_begin_with_it(words: set[str], prefix: str) -> None:
    ids = Ids.build(words)
    assert with_prefix(ids, prefix) == sorted(word for word in words if word.startswith(prefix))


@given(st.sets(WORD.filter(bool), max_size=10), WORD.filter(bool), st.integers(0, 2), st.integers(0, 2))
def test_near_words_are_those_within_the_distance(
    words: set[str], word: str, most: int, given_prefix: int
) -> None:
    prefix = min(given_prefix, len(word))
    expected = {
        other: distance(word, other)
        for other in words
        if distance(word, other) <= most and other[:prefix] == word[:prefix] and len(other) >= prefix
    }
    assert dict(FuzzyWords(Ids.build(words)).near(word, most, prefix=given_prefix)) == expected


@pytest.mark.parametrize(
    ("fuzziness", "word", "edits"),
    [("AUTO", "ab", 0), ("AUTO", "abc", 1), ("auto", "abcdef", 2), ("AUTO:4,7", "abcdef", 1), (2, "a", 2)],
)
def test_fuzziness_depends_on_the_length_of_the_word(fuzziness: str | int, word: str, edits: int) -> None:
    assert max_distance(fuzziness, word) == edits


def test_fuzziness_above_two_is_refused() -> None:
    with pytest.raises(ValueError, match="3"):
        max_distance(3, "word")
