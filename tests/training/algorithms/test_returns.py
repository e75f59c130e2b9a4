"""How often users come back to each item."""

import numpy as np
import pytest

from tests.training.algorithms.histories import sequences
from training.algorithms import returns


def test_items_that_users_come_back_to_have_higher_rates() -> None:
    milk, card = 0, 1
    rates = returns.fit(sequences(*[[milk, card, milk, milk, milk]] * 30), 3)
    assert rates[milk] > 1 > rates[card] > 0
    assert rates[2] == pytest.approx(1.0), "nobody had the item, so it has the average"


def test_few_events_say_little() -> None:
    rates = returns.fit(sequences(*[[0, 0, 2]] * 50, [1, 1, 3]), 4)
    assert rates[0] > rates[1] > 1 > rates[3] > rates[2]


def test_rates_are_equal_where_nothing_comes_back() -> None:
    assert returns.fit(sequences([0, 1, 2], [1, 2]), 3).tolist() == [1.0, 1.0, 1.0]
    assert np.all(returns.fit(sequences([]), 2) == 1.0)
