"""What is bought together, on baskets small enough to read."""

import numpy as np

from tastemaker.models.sparse import SparseRows
from training.algorithms import baskets
from training.data.prepared import Sequences

HOUR, DAY = 3600, 86_400


def bought(*people: list[tuple[int, int]]) -> Sequences:
    """One list of (item, time) per person."""
    flat = [event for person in people for event in person]
    return Sequences(
        np.concatenate([[0], np.cumsum([len(person) for person in people])]).astype(np.int64),
        np.array([item for item, _ in flat], np.int32),
        np.array([time for _, time in flat], np.int64),
        np.zeros(len(flat), np.int16),
        np.ones(len(flat), np.float32),
        np.zeros((len(flat), 0), np.int32),
    )


def row(rows: SparseRows, item: int) -> dict[int, float]:
    columns, values = rows.row(item)
    return dict(zip(columns.tolist(), values.tolist(), strict=True))


def test_a_basket_comes_before_a_day_and_a_day_before_a_year() -> None:
    shopping = [(0, 0), (1, 60), (2, 10 * HOUR), (3, 300 * DAY)]
    found = row(baskets.fit(bought(*[shopping] * 6), 4), 0)
    assert sorted(found, key=lambda item: -found[item]) == [1, 2, 3]
    assert found[2] == found[1] * baskets.SAME_DAY
    assert found[3] < found[2] / 1000


def test_weights_are_directional() -> None:
    with_bread = [[(0, 0), (1, 60)]] * 10
    rows = baskets.fit(bought(*with_bread, *[[(0, 0), (2, 5)]] * 90), 3)
    assert row(rows, 1)[0] > row(rows, 0)[1]  # who buys jam buys bread; who buys bread seldom buys jam


def test_an_item_twice_in_a_basket_counts_once_and_never_goes_with_itself() -> None:
    once = row(baskets.fit(bought([(0, 0), (1, 1)]), 2), 0)
    twice = row(baskets.fit(bought([(0, 0), (1, 1), (0, 2), (1, 3)]), 2), 0)
    assert once == twice and 0 not in twice


def test_one_basket_never_reaches_into_the_next_person() -> None:
    rows = baskets.fit(bought([(0, 0), (1, 1)], [(2, 2), (3, 3)]), 4)
    assert set(row(rows, 1)) == {0} and set(row(rows, 2)) == {3}
