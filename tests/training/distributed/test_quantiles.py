"""Quantiles that are found by counting equal those of numpy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.distributed.process_group import SINGLE
from training.distributed.quantiles import order_statistic, quantile

NUMBERS = st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=30)


@given(NUMBERS, st.floats(0, 1))
def test_quantile_equals_that_of_numpy(numbers: list[int], share: float) -> None:
    assert quantile(np.array(numbers), share, SINGLE) == pytest.approx(np.quantile(numbers, share), abs=1e-3)


@given(NUMBERS)
def test_order_statistics_are_the_sorted_values(numbers: list[int]) -> None:
    found = [order_statistic(np.array(numbers), place, SINGLE) for place in range(len(numbers))]
    assert found == sorted(numbers)


def test_quantile_of_nothing_is_zero() -> None:
    assert quantile(np.zeros(0, np.int64), 0.75, SINGLE) == 0.0
