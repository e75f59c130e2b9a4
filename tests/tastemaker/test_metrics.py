"""Metrics against the developer guide's own examples and against values worked out by hand."""

import numpy as np
import pytest

from tastemaker import metrics


def at(*places: int, length: int = 25) -> np.ndarray:
    """A list with hits at these places, the first being 1."""
    hit = np.zeros(length, bool)
    hit[np.asarray(places) - 1] = True
    return hit


def test_reciprocal_rank_is_the_guides_example() -> None:
    ranks = [metrics.reciprocal_rank(at(place)) for place in (4, 2, 6)]
    assert np.mean(ranks) == pytest.approx(0.3056, abs=1e-4)


def test_hits_after_place_25_do_not_count() -> None:
    assert metrics.reciprocal_rank(at(26, length=30)) == 0.0


def test_ndcg_is_the_guides_example() -> None:
    assert metrics.ndcg(at(2, 5, length=5), 2, 5) == pytest.approx(0.6241, abs=1e-4)
    assert metrics.ndcg_of_hits(at(2, 5, length=5), 5) == pytest.approx(0.6241, abs=1e-4)


def test_ndcg_ideals_differ_if_truths_are_missed() -> None:
    hit = at(1)
    assert metrics.ndcg_of_hits(hit, 5) == 1.0
    assert metrics.ndcg(hit, 3, 5) == pytest.approx(1 / (1 + 1 / np.log2(3) + 0.5))


def test_metrics_without_hits_or_truths_are_zero() -> None:
    assert metrics.ndcg_of_hits(np.zeros(25, bool), 5) == 0.0
    assert metrics.ndcg(np.zeros(25, bool), 0, 5) == 0.0


def test_precision_divides_by_k_even_for_a_short_list() -> None:
    assert metrics.precision(np.array([True, False]), 5) == pytest.approx(0.2)


def test_summary_has_the_services_names_and_four_decimals() -> None:
    lists = [np.array([3, 1, 2]), np.array([0, 1, 4])]
    result = metrics.summarize(lists, [{1}, {7}], catalog=6)
    assert list(result) == [
        "coverage",
        "mean_reciprocal_rank_at_25",
        "normalized_discounted_cumulative_gain_at_5",
        "normalized_discounted_cumulative_gain_at_10",
        "normalized_discounted_cumulative_gain_at_25",
        "precision_at_5",
        "precision_at_10",
        "precision_at_25",
    ]
    assert result["coverage"] == 0.8333  # five of six items are in some list
    assert result["mean_reciprocal_rank_at_25"] == 0.25
    assert result["normalized_discounted_cumulative_gain_at_5"] == 0.3155  # half of 1 / log2(3)
    assert result["precision_at_5"] == 0.1


def test_repeated_truth_counts_once() -> None:
    result = metrics.summarize([np.array([5, 6])], [[5, 5, 5]], catalog=10)
    assert result["precision_at_5"] == 0.2


def test_average_rewards_compares_the_highest_rewards_with_all() -> None:
    prices = np.array([10.0, 1.0, 4.0, 5.0, 100.0])
    # Items 0 and 3 have the highest rewards. The first user clicked 0, 1 and 3: 15 of 16. The second
    # clicked 2: 0 of 4. The third clicked nothing that was recommended and does not count.
    lists = [np.array([1, 0, 2, 3])] * 3
    found = metrics.average_rewards(lists, [[0, 1, 3], [2], [4]], prices, k=2)
    assert found == pytest.approx((15 / 16 + 0) / 2)


def test_negative_rewards_are_counted_from_the_lowest() -> None:
    margins = np.array([-2.0, 0.0, 4.0])  # counted as 0, 2 and 6
    assert metrics.average_rewards([np.array([0, 1, 2])], [[1, 2]], margins, k=1) == pytest.approx(6 / 8)


def test_average_rewards_without_hits_is_zero() -> None:
    assert metrics.average_rewards([np.array([0, 1])], [[2]], np.ones(3)) == 0.0


def test_hit_counts_the_weight_of_its_event() -> None:
    # Weights .3 and .1 are worth 1.5 and .5. The lighter one came first: (.5 + 1.5 / log2(3)) of
    # (1.5 + .5 / log2(3)).
    second = 1 / np.log2(3)
    worth = {7: 1.5, 8: 0.5}
    found = metrics.weighted_ndcg([8, 7, 9], worth, 5)
    assert found == pytest.approx((0.5 + 1.5 * second) / (1.5 + 0.5 * second))
    assert metrics.weighted_ndcg([7, 8, 9], worth, 5) == 1.0
    assert metrics.weighted_ndcg([9], worth, 5) == 0.0


def test_equal_weights_give_the_plain_ndcg() -> None:
    ranked = [3, 1, 4, 5, 2]
    plain = metrics.ndcg_of_hits(metrics.hits(ranked, [1, 2]), 5)
    assert metrics.weighted_ndcg(ranked, {1: 1.0, 2: 1.0}, 5) == pytest.approx(plain)
