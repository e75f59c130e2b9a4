"""The formulas, computed by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.search.pipelines.fusion import combine_ranks, combine_scores, interleaved, json_score


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        (0.0, [1.0, 1 / math.log2(3), 0.5]),
        (0.5, [0.5 + 0.25, 0.5 / math.log2(3) + 0.5, 0.25 + 0.5 / math.log2(3)]),
        (1.0, [0.5, 1.0, 1 / math.log2(3)]),
    ],
)
def test_ranks_are_combined_as_in_the_plugin(weight: float, expected: list[float]) -> None:
    # The user prefers the second hit, then the third, then the first.
    assert combine_ranks([3, 1, 2], weight).tolist() == pytest.approx(expected, rel=1e-6)


def test_hit_without_a_personalized_rank_has_only_its_search_score() -> None:
    assert combine_ranks([None, 1], 0.5).tolist() == pytest.approx([0.5, 0.5 / math.log2(3) + 0.5])


def test_scores_are_scaled_over_the_window_and_personal_ones_by_their_logarithms() -> None:
    found = combine_scores([10.0, 6.0, 2.0], [0.001, 0.1, None], 0.25)
    assert found.tolist() == pytest.approx([0.75, 0.75 * 0.5 + 0.25, 0.0])
    assert combine_scores([3.0, 3.0], [0.5, 0.5], 0.5).tolist() == [1.0, 1.0]


@given(st.integers(1, 30), st.data())
def test_promoted_hits_have_their_share_of_every_beginning(size: int, data: st.DataObject) -> None:
    order = list(range(size))
    promoted = sorted(data.draw(st.sets(st.sampled_from(order))))
    percent = data.draw(st.integers(1, 100))
    found = interleaved(order, promoted, percent)
    assert sorted(found) == order
    for end in range(1, size + 1):
        share = sum(hit in promoted for hit in found[:end])
        assert share >= min(len(promoted), (end - 1) * percent // 100 + 1)
    kept = [hit for hit in found if hit not in promoted]
    assert kept == sorted(kept)


def test_scores_are_written_as_the_shortest_number() -> None:
    assert json_score(combine_ranks([2], 1.0)[0].item()) == 0.63092977
