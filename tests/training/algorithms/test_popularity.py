"""The number of users of an item, recent ones counting more."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.algorithms.histories import dense, sequences
from training.algorithms import popularity, transitions


def test_popularity_counts_a_user_once_and_prefers_what_is_recent() -> None:
    data = sequences([0, 0, 0, 1], [0, 2])
    assert popularity.distinct_users(data, 4).tolist() == [2, 1, 1, 0]
    recent = popularity.recent(data, 4)
    assert recent[1] > recent[2] > 0 and recent[3] == 0


def test_heavier_events_make_items_more_popular_and_follow_more() -> None:
    data = sequences([0, 1], [0, 2])
    heavy = replace(data, weights=np.array([1.0, 3.0, 1.0, 1.0], np.float32))
    counted = popularity.recent(heavy, 3)
    assert counted[1] == pytest.approx(3 * counted[2])
    followed = dense(transitions.fit(heavy, 3))
    assert followed[0, 1] == pytest.approx(3 * followed[0, 2])
