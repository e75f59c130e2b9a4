"""Exploration: which items, how many places, and what it costs and brings over many requests."""

from random import Random

import numpy as np
import pytest

from tastemaker.models.scores import Dense
from tastemaker.ranking.answer import CATALOGUE, EXPLORED, recommend
from tastemaker.ranking.exploration import Exploration, settings

DAY = 86_400
LATEST = 100 * DAY
SCORES = Dense(np.log(np.linspace(0.9, 0.1, 20)).astype(np.float32))
CREATED = np.where(np.arange(20) < 12, 0, LATEST - 10 * DAY).astype(np.int64)
NEW = set(range(12, 20))


def exploration(share: float = 1.0, seed: int = 1, **more) -> Exploration:
    return Exploration(share, more.pop("days", 30.0), CREATED, LATEST, Random(seed), **more)


def test_without_weight_the_answer_is_the_plain_one() -> None:
    plain = recommend(SCORES, count=5, scale=CATALOGUE)
    assert recommend(SCORES, count=5, scale=CATALOGUE, exploration=exploration(0.0)) == plain


@pytest.mark.parametrize("seed", range(5))
def test_shown_scores_stay_sorted_and_items_single(seed: int) -> None:
    picks = recommend(SCORES, count=10, scale=CATALOGUE, exploration=exploration(0.5, seed))
    items, shown = [pick.item for pick in picks], [pick.score or 0.0 for pick in picks]
    assert len(set(items)) == 10 and shown == sorted(shown, reverse=True)
    assert items[0] == 0 and 0 < len(NEW & set(items)) < 8
    again = recommend(SCORES, count=10, scale=CATALOGUE, exploration=exploration(0.5, seed))
    assert again == picks


def test_without_shown_scores_new_items_stand_anywhere() -> None:
    places = set()
    for seed in range(60):
        picks = recommend(SCORES, count=4, exploration=exploration(0.3, seed), reasons=True)
        new = [place for place, pick in enumerate(picks) if pick.reasons == (EXPLORED,)]
        assert len(picks) == 4 and all(picks[place].item in NEW for place in new)
        places.update(new)
    assert places == {0, 1, 2, 3}


def test_age_and_filter_bind() -> None:
    assert exploration(days=10.0).choose(SCORES, [0, 1], 2) == []
    allowed = np.ones(20, bool)
    allowed[13:] = False
    picks = recommend(SCORES, count=4, allowed=allowed, exploration=exploration())
    assert {pick.item for pick in picks} == {0, 1, 2, 12}


def test_the_share_of_places_is_the_weight() -> None:
    tried = [len(exploration(0.3, seed).choose(SCORES, list(range(5)), 5)) for seed in range(2000)]
    assert sum(tried) / (2000 * 5) == pytest.approx(0.3, abs=0.02)


def test_what_was_shown_and_ignored_is_tried_less() -> None:
    flat = Dense(np.zeros(20, np.float32))
    shown, taken = np.zeros(20, int), np.zeros(20, int)
    shown[12:] = 200
    taken[15] = 100
    best: list[int] = []
    for seed in range(100):
        best += exploration(seed=seed, shown=shown, taken=taken).choose(flat, [0], 1)
    assert best.count(15) > 95


def test_settings_have_defaults() -> None:
    assert settings(None) == (0.3, 30.0)
    assert settings({"explorationWeight": "0", "explorationItemAgeCutOff": "7"}) == (0.0, 7.0)


def simulated(share: float, requests: int = 1500, seed: int = 7, good: float = 0.4) -> tuple[int | None, int]:
    """(the request at which the good new item 17 was taken 30 times, all clicks). Each answer has 5 places;
    the model scores by the clicks so far, and was trained on some of the old items only.
    """
    people = np.random.default_rng(seed)
    rates = np.where(np.arange(20) < 12, 0.15, 0.05)
    rates[17] = good
    taken, shown = np.where(np.arange(20) < 12, 150, 0), np.where(np.arange(20) < 12, 1000, 0)
    found, clicks = None, 0
    for request in range(requests):
        scores = Dense(np.log((taken + 1) / (shown + 10)).astype(np.float32))
        way = exploration(share, request, taken=taken, shown=shown) if share else None
        items = [pick.item for pick in recommend(scores, count=5, exploration=way)]
        liked = people.random(5) < rates[items]
        shown[items] += 1
        taken[np.array(items)[liked]] += 1
        clicks += int(liked.sum())
        if found is None and taken[17] >= 30:
            found = request
    return found, clicks


def test_a_good_new_item_is_found_sooner_at_a_bounded_cost() -> None:
    never, plain = simulated(0.0)
    found, explored = simulated(0.3)
    assert found is not None and (never is None or found < never / 2)
    assert explored > 0.9 * plain


def test_where_no_new_item_is_good_the_loss_is_less_than_the_share() -> None:
    _, plain = simulated(0.0, good=0.05)
    _, explored = simulated(0.3, good=0.05)
    assert explored > 0.7 * plain
