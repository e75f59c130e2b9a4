"""Sets of matches: both ways to combine them give what plain dictionaries give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.search.queries.matches import Matches, intersection, union, without

SETS = st.lists(st.dictionaries(st.integers(0, 19), st.integers(1, 8)), min_size=1, max_size=4)


def matches(scores: dict[int, int]) -> Matches:
    documents = np.array(sorted(scores), np.int32)
    return Matches(documents, np.array([scores[one] for one in sorted(scores)], np.float32))


def plain(found: Matches) -> dict[int, float]:
    assert found.documents.tolist() == sorted(set(found.documents.tolist()))
    return dict(zip(found.documents.tolist(), found.scores.tolist(), strict=True))


@given(SETS, st.sampled_from([20, 10_000]), st.integers(1, 3))
def test_union_adds_the_scores(sets: list[dict[int, int]], size: int, at_least: int) -> None:
    every = {one for some in sets for one in some}
    having = {one: [some[one] for some in sets if one in some] for one in every}
    expected = {one: sum(scores) for one, scores in having.items() if len(scores) >= at_least}
    assert plain(union([matches(some) for some in sets], size, at_least=at_least)) == expected


@given(SETS, st.sampled_from([20, 10_000]))
def test_union_with_a_tie_breaker_takes_the_best(sets: list[dict[int, int]], size: int) -> None:
    every = {one for some in sets for one in some}
    having = {one: [some[one] for some in sets if one in some] for one in every}
    expected = {one: max(scores) + 0.5 * (sum(scores) - max(scores)) for one, scores in having.items()}
    assert plain(union([matches(some) for some in sets], size, tie_breaker=0.5)) == expected


@given(SETS)
def test_intersection_and_difference_are_those_of_sets(sets: list[dict[int, int]]) -> None:
    common = set(sets[0]).intersection(*sets)
    expected = {one: sum(some[one] for some in sets) for one in common}
    assert plain(intersection([matches(some) for some in sets])) == expected
    first, last = matches(sets[0]), matches(sets[-1])
    assert plain(without(first, last, 20)) == {
        one: score for one, score in sets[0].items() if one not in sets[-1]
    }


def test_intersection_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="needs a set"):
        intersection([])
