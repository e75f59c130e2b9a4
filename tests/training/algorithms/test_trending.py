"""Growth between windows, with counts made by hand."""

import numpy as np
import pytest

from tastemaker.models import load
from tastemaker.models.topk import top_k
from tastemaker.models.trending import growth
from tests.training.algorithms.histories import bought
from training.algorithms import trending


def test_growth_of_many_events_ranks_before_chance() -> None:
    grown = growth(np.array([300, 3, 50, 5]), np.array([100, 1, 50, 9]))
    assert grown[0] > 5 * grown[1] > 0 and grown[2:].tolist() == [0, 0]


def test_windows_end_at_the_newest_event_and_do_not_overlap() -> None:
    data = bought([(0, 0), (1, 50), (1, 60), (2, 100)])
    assert trending.counts(data, 3, 100, 50).tolist() == [0, 1, 1]
    assert trending.counts(data, 3, 50, 50).tolist() == [0, 1, 0]


def test_trend_accuracy_is_the_share_of_the_possible_growth() -> None:
    # item 0 grows from 1 to 2 to 4; item 1 grows as much, but only in the last window
    events = [(0, 1), (0, 11), (0, 12), *[(0, 21 + place) for place in range(4)], (1, 25), (1, 26), (2, 30)]
    data = bought([(2, 0), *events])
    assert trending.accuracy(data, 3, 10) == pytest.approx(2 / 5)  # item 0 by 2, of 2 + 2 + 1
    assert trending.accuracy(bought([(0, 0), (0, 5)]), 3, 10) == 0.0


def test_growing_items_rank_first_and_popular_items_without_growth(trained) -> None:
    bundle = trained("aws-vod-trending-now")
    model = load(bundle)
    popular = top_k(bundle.item_users, 3).tolist()
    quiet, loud = np.zeros(len(bundle.items), np.int32), np.zeros(len(bundle.items), np.int32)
    model.refreshed(quiet, quiet)
    assert top_k(model.score_user(bundle.history("u001"), now=0), 3).tolist() == popular
    loud[24] = 7
    model.refreshed(loud, quiet)
    assert top_k(model.score_user(bundle.history("u001"), now=0), 3).tolist() == [24, *popular[:2]]
    loud[:] = 1
    model.refreshed(loud, quiet)
    assert top_k(model.score_user(bundle.history("u001"), now=0), 3).tolist() == popular
    assert 0 <= bundle.manifest["metrics"]["trend_prediction_accuracy"] <= 1
