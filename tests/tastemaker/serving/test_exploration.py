"""Exploration: which items, how many places, and its cost and gain over many requests."""

from random import Random

import numpy as np
import pytest

from benchmarks.quality.exploration import simulate
from tastemaker.masks import Mask
from tastemaker.models.bundle import taken_rate
from tastemaker.models.scores import Dense
from tastemaker.serving.answer import CATALOG, EXPLORED, recommend
from tastemaker.serving.exploration import Exploration, settings

DAY = 86_400
LATEST = 100 * DAY
SCORES = Dense(np.log(np.linspace(0.9, 0.1, 20)).astype(np.float32))
CREATED = np.where(np.arange(20) < 12, 0, LATEST - 10 * DAY).astype(np.int64)
NEW = set(range(12, 20))


def exploration(share: float = 1.0, seed: int = 1, **more) -> Exploration:
    return Exploration(share, more.pop("days", 30.0), CREATED, LATEST, Random(seed), **more)


def test_answer_is_unchanged_without_weight() -> None:
    plain = recommend(SCORES, count=5, scale=CATALOG)
    assert recommend(SCORES, count=5, scale=CATALOG, exploration=exploration(0.0)) == plain


@pytest.mark.parametrize("seed", range(5))
def test_reported_scores_stay_sorted_without_duplicates(seed: int) -> None:
    picks = recommend(SCORES, count=10, scale=CATALOG, exploration=exploration(0.5, seed))
    items, shown = picks.items, [score or 0.0 for score in picks.scores]
    assert len(set(items)) == 10 and shown == sorted(shown, reverse=True)
    assert items[0] == 0 and 0 < len(NEW & set(items)) < 8
    again = recommend(SCORES, count=10, scale=CATALOG, exploration=exploration(0.5, seed))
    assert again == picks


def test_new_items_have_random_places_without_scores() -> None:
    places = set()
    for seed in range(60):
        picks = recommend(SCORES, count=4, exploration=exploration(0.3, seed), reasons=True)
        new = [place for place, reasons in enumerate(picks.reasons) if reasons == (EXPLORED,)]
        assert len(picks.items) == 4 and all(picks.items[place] in NEW for place in new)
        places.update(new)
    assert places == {0, 1, 2, 3}


def test_exploration_respects_age_and_filter() -> None:
    assert exploration(days=10.0).choose(SCORES, [0, 1], 2) == []
    allowed = Mask.only(20, np.arange(13))
    picks = recommend(SCORES, count=4, allowed=allowed, exploration=exploration())
    assert set(picks.items) == {0, 1, 2, 12}


def test_share_of_exploring_places_equals_the_weight() -> None:
    tried = [len(exploration(0.3, seed).choose(SCORES, list(range(5)), 5)) for seed in range(2000)]
    assert sum(tried) / (2000 * 5) == pytest.approx(0.3, abs=0.02)


def known(taken: dict[int, int], shown: dict[int, int]) -> dict:
    """Counts of the twenty items; of the old ones a tenth of 1,000 showings was taken."""
    counts = np.where(np.arange(20) < 12, 100, 0), np.where(np.arange(20) < 12, 1000, 0)
    for array, given in zip(counts, (taken, shown), strict=True):
        for item, count in given.items():
            array[item] = count
    return {"taken": counts[0], "shown": counts[1], "rate": taken_rate(*counts)}


def test_ignored_items_are_explored_less() -> None:
    flat, seen = Dense(np.zeros(20, np.float32)), dict.fromkeys(NEW, 200)
    best: list[int] = []
    for seed in range(100):
        best += exploration(seed=seed, **known({15: 100}, seen)).choose(flat, [0], 1)
    assert best.count(15) > 95


def test_exploration_ends_if_no_new_item_is_better() -> None:
    counts = known(dict.fromkeys(NEW, 2), dict.fromkeys(NEW, 200))
    tried = [len(exploration(seed=seed, **counts).choose(SCORES, list(range(5)), 5)) for seed in range(200)]
    assert sum(tried) < 0.02 * 200 * 5


def test_item_without_impressions_is_explored() -> None:
    counts = known({}, {})
    tried = [len(exploration(seed=seed, **counts).choose(SCORES, list(range(5)), 5)) for seed in range(200)]
    assert sum(tried) > 0.4 * 200 * 5


@pytest.mark.parametrize(
    ("taken", "shown", "rate"),
    [([5, 0], [10, 10], 0.25), ([900, 0], [10, 10], 0.5), ([0, 0], [10, 10], 0.05), ([5, 0], [0, 0], None)],
)
def test_taken_rate_of_a_catalog(taken, shown, rate) -> None:
    assert taken_rate(np.array(taken), np.array(shown)) == rate


def test_settings_have_defaults() -> None:
    assert settings(None) == (0.3, 30.0)
    assert settings({"explorationWeight": "0", "explorationItemAgeCutOff": "7"}) == (0.0, 7.0)


def test_exploration_finds_a_good_new_item() -> None:
    plain, explored = (simulate(weight, 0.4, seed=7, requests=400) for weight in (0.0, 0.3))
    assert plain.found is None and explored.found is not None and explored.found < 300
    assert explored.clicks[-1] > plain.clicks[-1]


def test_exploration_costs_little_without_good_new_items() -> None:
    plain, given, served = (
        simulate(weight, 0.05, seed=7, requests=600, learns=learns)
        for weight, learns in ((0.0, True), (0.3, False), (0.3, True))
    )
    assert given.clicks[-1] < 0.85 * plain.clicks[-1] < 0.9 * served.clicks[-1]
