"""Shared scores with exceptions, against the same scores one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.models.overlaid import Overlaid, Shared
from tastemaker.models.scores import Dense

ITEMS = 60


def both(seed: int, some: int) -> tuple[Overlaid, Dense, np.random.Generator]:
    """The scores with `some` exceptions. Rounded, so that many are equal."""
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(0, 2, ITEMS)).astype(np.float32)
    items = np.sort(rng.choice(ITEMS, some, replace=False))
    more = np.round(rng.normal(0, 3, some)).astype(np.float32)
    dense = values.copy()
    dense[items] += more
    return Overlaid(Shared(values), items, more), Dense(dense), rng


@settings(deadline=None)
@given(
    seed=st.integers(0, 500),
    some=st.integers(0, ITEMS),
    count=st.integers(0, ITEMS + 5),
    masked=st.sampled_from(["none", "fixed", "writeable"]),
)
def test_best_items_and_sums_equal_those_of_all_scores(seed: int, some: int, count: int, masked: str) -> None:
    overlaid, dense, rng = both(seed, some)
    mask = None if masked == "none" else rng.random(ITEMS) < rng.random()
    if masked == "fixed" and mask is not None:
        mask.flags.writeable = False
    for _ in range(2):  # the second time from what was kept
        assert overlaid.top(count, mask).tolist() == dense.top(count, mask).tolist()
        assert overlaid.log_sum(mask) == pytest.approx(dense.log_sum(mask), abs=1e-4)
    assert overlaid.of([0, 5, ITEMS - 1]).tolist() == dense.of([0, 5, ITEMS - 1]).tolist()


def test_items_without_a_score_are_never_best() -> None:
    values = np.array([1.0, -np.inf, 0.0], np.float32)
    overlaid = Overlaid(Shared(values), np.array([2]), np.array([3.0], np.float32))
    assert overlaid.top(3).tolist() == [2, 0]
    assert overlaid.log_sum() == pytest.approx(np.log(np.exp(1.0) + np.exp(3.0)), abs=1e-6)
