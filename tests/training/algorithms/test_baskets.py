"""What is bought together, on baskets small enough to read."""

from tastemaker.models.sparse import SparseRows
from tests.training.algorithms.histories import bought
from training.algorithms import baskets

HOUR, DAY = 3600, 86_400


def row(rows: SparseRows, item: int) -> dict[int, float]:
    columns, values = rows.row(item)
    return dict(zip(columns.tolist(), values.tolist(), strict=True))


def test_pairs_in_one_basket_rank_before_pairs_on_one_day_and_later_ones() -> None:
    shopping = [(0, 0), (1, 60), (2, 10 * HOUR), (3, 300 * DAY)]
    found = row(baskets.fit(bought(*[shopping] * 6), 4), 0)
    assert sorted(found, key=lambda item: -found[item]) == [1, 2, 3]
    assert found[2] == found[1] * baskets.SAME_DAY
    assert found[3] < found[2] / 1000


def test_basket_weights_are_directional() -> None:
    with_bread = [[(0, 0), (1, 60)]] * 10
    rows = baskets.fit(bought(*with_bread, *[[(0, 0), (2, 5)]] * 90), 3)
    assert row(rows, 1)[0] > row(rows, 0)[1]  # who buys jam buys bread; who buys bread seldom buys jam


def test_repeated_item_in_a_basket_counts_once_and_not_with_itself() -> None:
    once = row(baskets.fit(bought([(0, 0), (1, 1)]), 2), 0)
    twice = row(baskets.fit(bought([(0, 0), (1, 1), (0, 2), (1, 3)]), 2), 0)
    assert once == twice and 0 not in twice


def test_baskets_end_with_the_user() -> None:
    rows = baskets.fit(bought([(0, 0), (1, 1)], [(2, 2), (3, 3)]), 4)
    assert set(row(rows, 1)) == {0} and set(row(rows, 2)) == {3}
