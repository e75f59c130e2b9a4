"""The questions about items hold out what they say, and figures agree with numbers worked out by hand."""

import numpy as np
import pytest

from benchmarks.quality.related_peers import by_users
from benchmarks.quality.related_questions import Asked, around, quality
from benchmarks.quality.related_tables import markdown
from tests.training.algorithms.histories import sequences


def test_new_item_is_asked_for_the_known_items_that_follow_it() -> None:
    data = sequences([0, 1, 2, 3, 4, 5, 6], [9, 1])
    new = np.arange(10) == 1
    forth, back = around(data, new, np.random.default_rng(0))
    assert [(one.item, one.right.tolist()) for one in forth] == [(1, [2, 3, 4, 5, 6])]
    assert sorted((one.item, one.right.tolist()) for one in back) == [(0, [1]), (9, [1])]


def test_quality_of_two_of_three_found() -> None:
    asked = [Asked(0, np.array([5, 6, 7]))]
    found = quality([np.array([5, 1, 6])], asked)
    ideal = 1 + 1 / np.log2(3) + 1 / 2
    assert found["ndcg@10"] == pytest.approx((1 + 1 / 2) / ideal)
    assert found["recall@10"] == pytest.approx(2 / 3)


@pytest.mark.filterwarnings("ignore:Method expects CSR input")  # the library's own BM25 weights
def test_peers_never_list_the_item_that_is_asked_for() -> None:
    data = sequences(*[[0, 1, 2], [1, 2, 3], [0, 2], [3, 1]] * 5)
    names = set()
    for peer in by_users(data, 4):
        names.add(peer.name.split(" ")[0])
        for item in range(4):
            assert peer.score(item)[item] == -np.inf
    assert names == {"popularity", "co-occurrence", "item-kNN", "EASE,"}


def test_table_shows_means_over_seeds_best_first() -> None:
    rows = [
        {"data": "shop", "question": "baskets", "seed": seed, "model": model, "ndcg@10": ndcg, "cpu": 1.0}
        for seed, model, ndcg in ((0, "a", 0.1), (1, "a", 0.3), (0, "ours", 0.4), (1, "ours", 0.6))
    ]
    assert markdown(rows).splitlines()[-2:] == ["| **ours** | 0.5000 | 1.0 |", "| a | 0.2000 | 1.0 |"]
