"""What is bought together, on baskets small enough to read."""

import numpy as np
import pytest

from tastemaker.models.sparse import SparseRows
from tests.training.algorithms.histories import bought
from training.algorithms import baskets
from training.algorithms.baskets import STRENGTH

HOUR, DAY = 3600, 86_400


def nothing(items: int) -> SparseRows:
    return SparseRows(np.zeros(items + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))


def like(items: int, item: int, *others: int) -> SparseRows:
    """Other neighbors, best first, of one item."""
    offsets = np.zeros(items + 1, np.int64)
    offsets[item + 1 :] = len(others)
    values = np.arange(len(others), 0, -1, dtype=np.float32)
    order = np.argsort(others)
    return SparseRows(offsets, np.array(others, np.int32)[order], values[order])


def row(rows: SparseRows, item: int) -> dict[int, float]:
    columns, values = rows.row(item)
    return dict(zip(columns.tolist(), values.tolist(), strict=True))


def listed(rows: SparseRows, item: int) -> list[int]:
    found = row(rows, item)
    return sorted(found, key=lambda one: -found[one])


def test_pairs_in_one_basket_rank_before_pairs_on_one_day_and_later_ones_are_no_pairs() -> None:
    shopping = [(0, 0), (1, 60), (2, 10 * HOUR), (3, 300 * DAY)]  # item 2 is alone in its basket
    found = row(baskets.count(bought(*[shopping] * 6), 4).rows(nothing(4), STRENGTH), 0)
    assert set(found) == {1, 2}
    assert found[2] == pytest.approx(found[1] * baskets.SAME_DAY)


def test_pair_in_a_large_basket_counts_less() -> None:
    week = [(item, item) for item in range(8)]
    counted = baskets.count(bought(week, [(8, 0), (9, 5)]), 10)
    pair = dict(zip(counted.keys.tolist(), counted.together.tolist(), strict=True))
    assert pair[1] == pytest.approx(0.5) and pair[8 * 10 + 9] == pytest.approx(1.0)


def test_found_item_counts_by_its_news() -> None:
    news = np.array([0.1, 3.0, 3.0])
    right = np.array([0, 1])
    assert baskets.gain(np.array([1, 0]), right, news) == pytest.approx(1.0)
    assert baskets.gain(np.array([2, 0]), right, news) < 0.05 < baskets.gain(np.array([2, 1]), right, news)


def test_what_most_baskets_hold_counts_less_for_each_pair() -> None:
    bags = [[(0, 0), (1, 5)]] * 400 + [[(0, 0), (2, 5), (3, 9)]] * 30 + [[(0, 0), (3, 5)]] * 10
    counted = baskets.count(bought(*bags), 4)  # item 0, a bag, is in every basket; item 2 goes with item 3
    assert counted.together[counted.keys == 3 * 4 + 0] > counted.together[counted.keys == 3 * 4 + 2]
    assert listed(counted.rows(nothing(4), STRENGTH), 3)[0] == 2


def test_item_without_baskets_has_its_similar_items() -> None:
    counted = baskets.count(bought(*[[(1, 0), (2, 5)]] * 9), 6)
    assert listed(counted.rows(like(6, 0, 5, 3, 4), STRENGTH), 0) == [5, 3, 4]


def test_pair_that_was_seen_once_ranks_behind_similar_items_and_a_frequent_one_before_them() -> None:
    bags = [[(0, 0), (1, 5)]] + [[(0, 0), (2, 5)]] * 40
    counted = baskets.count(bought(*bags), 6)
    assert listed(counted.rows(like(6, 0, 3, 4, 5), 16.0), 0) == [2, 3, 4, 5, 1]


def test_repeated_item_in_a_basket_counts_once_and_not_with_itself() -> None:
    once = row(baskets.count(bought([(0, 0), (1, 1)]), 2).rows(nothing(2), STRENGTH), 0)
    twice = row(baskets.count(bought([(0, 0), (1, 1), (0, 2), (1, 3)]), 2).rows(nothing(2), STRENGTH), 0)
    assert once == twice and 0 not in twice


def test_baskets_end_with_the_user() -> None:
    rows = baskets.count(bought([(0, 0), (1, 1)], [(2, 2), (3, 3)]), 4).rows(nothing(4), STRENGTH)
    assert set(row(rows, 1)) == {0} and set(row(rows, 2)) == {3}


def test_newest_basket_of_half_of_the_users_is_withheld_and_asked_about() -> None:
    bags = [[(0, 0), (1, 5), (2, DAY), (3, DAY + 5), (4, DAY + 9)]] * 10
    shown, questions = baskets.withhold(bought(*bags), 100, seed=0)
    assert sorted(shown.lengths.tolist()) == [2] * 5 + [5] * 5
    assert len(questions.asked) == 5 * 3
    for one, others in zip(*questions, strict=True):
        assert sorted([one, *others.tolist()]) == [2, 3, 4]


def test_strength_follows_baskets_where_they_predict_and_similar_items_where_those_do() -> None:
    """Pairs (0, 1), (2, 3) … are bought together. The other neighbors are right, or wrong and many."""
    rng = np.random.default_rng(0)
    bags = [[(2 * int(pair), 0), (2 * int(pair) + 1, 5)] for pair in rng.integers(0, 10, 400)]
    counted = baskets.count(bought(*bags), 40)
    asked = [2 * pair for pair in range(10)] * 10
    questions = baskets.Questions(asked, [np.array([item + 1]) for item in asked])
    wrong = SparseRows(
        np.arange(41, dtype=np.int64) * 12,
        np.tile(np.arange(28, 40, dtype=np.int32), 40),
        np.ones(480, np.float32),
    )
    chosen, reached = baskets.choose(counted, wrong, questions)
    assert chosen < 64 and reached == pytest.approx(1.0)
