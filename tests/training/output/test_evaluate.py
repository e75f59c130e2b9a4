"""Weights of event types change the metrics."""

import numpy as np
import pytest

from tests.training import lake
from training.config_reader import read_config
from training.data.prepare import prepare
from training.data.split import Cases
from training.output import evaluate

WEIGHTED = "normalized_discounted_cumulative_gain_with_event_weights_at_5"


def weighted_shop(root, view: float, buy: float):
    rules = [{"eventType": "view", "weight": view}, {"eventType": "buy", "weight": buy}]
    events = [
        {"itemId": "i01", "sentAt": lake.START + 9_000, "eventType": "view", "userId": "u000"},
        {"itemId": "i02", "sentAt": lake.START + 9_060, "eventType": "buy", "userId": "u000"},
    ]
    solution = {"eventsConfig": {"eventParametersList": rules}}
    return prepare(read_config(lake.build(root, events, solutionConfig=solution)), root)


def test_weighted_ndcg_loses_more_when_a_heavier_event_ranks_lower(tmp_path) -> None:
    data = weighted_shop(tmp_path, 0.1, 0.3)
    user = data.users.index("u000")
    cases = Cases(np.array([user]), data.sequences.lengths[[user]] - 2)
    items = [data.items.index(name) for name in ("i01", "i02", "i03", "i04", "i05")]
    metrics = evaluate.report([np.array(items)], data, cases, None)
    second = 1 / np.log2(3)
    # the view is worth .1 and stands first, the purchase .3 and stands second
    assert metrics[WEIGHTED] == pytest.approx((0.1 + 0.3 * second) / (0.3 + 0.1 * second), abs=1e-4)
    assert metrics["normalized_discounted_cumulative_gain_at_5"] == 1.0


def test_equal_weights_give_the_usual_metrics(tmp_path) -> None:
    data = weighted_shop(tmp_path, 0.5, 0.5)
    cases = Cases(np.array([0]), np.array([15]))
    assert WEIGHTED not in evaluate.report([np.arange(25)], data, cases, None)


def test_item_counts_its_largest_event_weight() -> None:
    assert evaluate.largest_weights(np.array([4, 7, 4]), np.array([0.2, 0.5, 0.9])) == {4: 0.9, 7: 0.5}


NDCG = "normalized_discounted_cumulative_gain_at_25"


def test_version_without_any_hit_is_reported() -> None:
    (warning,) = evaluate.concerns({"coverage": 0.1, NDCG: 0.0, "precision_at_5": 0.0}, {NDCG: 0.2})
    assert "All metrics of this version are 0" in warning


def test_version_below_popular_items_is_reported() -> None:
    (warning,) = evaluate.concerns({NDCG: 0.1, "precision_at_5": 0.1}, {NDCG: 0.2})
    assert "0.1000" in warning and "0.2000" in warning


def test_version_above_popular_items_is_not_reported() -> None:
    assert evaluate.concerns({NDCG: 0.3}, {NDCG: 0.2}) == []
    assert evaluate.concerns({"hit_ratio": 0.3}, {}) == []
