"""Users for an item: metrics by hand, and a shop in which the next buyers are known."""

from dataclasses import replace

import numpy as np
import pytest

from tastemaker.ids import Ids
from tastemaker.models import Bundle, load
from tastemaker.models.affinity import Crowd, Settings
from tastemaker.models.bundle import Histories
from tastemaker.models.topk import top_k
from training.config import Config
from training.data.prepared import Prepared, Sequences
from training.pipelines import affinity
from training.pipelines.base import fitted_model
from training.progress import StopSignal


def test_recall_is_relative_to_what_could_be_found() -> None:
    found = [np.array([1, 2]), np.array([3, 4])]
    wanted = [np.array([1, 2, 3, 4]), np.array([4])]
    assert affinity.summarize(found, wanted, 8, 2) == {
        "coverage": 0.5,
        "hits_at_1_percent": 1.5,
        "recall_at_1_percent": 1.0,
    }


def test_newest_fifth_of_each_user_is_the_truth(shop: Prepared) -> None:
    older, truth = affinity.split(shop)
    assert (older.sequences.lengths == 16).all() and (truth.lengths == 4).all()
    assert older.sequences.times[:16].max() < truth.times[:4].min()
    assert len(older.histories) == len(shop.users)


def test_newer_events_count_more_and_users_without_events_score_lowest() -> None:
    histories = Histories(
        np.array([0, 2, 4, 4]),
        np.array([0, 1, 1, 0], np.int32),
        np.array([1, 2, 1, 2]),
        np.zeros(4, np.int16),
    )
    crowd = Crowd(histories, np.array([True, True]), half_life=1.0)
    column = np.array([1.0, 0.0], np.float32)
    assert crowd.sums(column).tolist() == [0.5, 1.0] and crowd.mass.tolist() == [1.5, 1.5]
    nothing_more = np.zeros(2, np.float32), np.zeros(2, bool)
    even = np.ones(3, np.float32)
    scores = crowd.scores(crowd.sums(column), *nothing_more, even, Settings())
    assert scores.tolist() == [-1.0, 1.0, -np.inf]
    busy = np.array([9.0, 1.0, 0.0], np.float32)
    assert crowd.scores(crowd.sums(column), *nothing_more, busy, Settings(activity=3.0)).argmax() == 0
    nothing = Crowd(histories, np.array([False, True]), half_life=1.0)
    assert not len(nothing.active)


def test_segments_of_most_users_are_chosen_where_only_chance_is_lost() -> None:
    active = np.repeat([1.0, 0.0], [120, 280])  # the recall of 400 questions
    different, useless = active.copy(), active.copy()
    different[:6], different[200:204] = 0.0, 1.0  # finds others, and two fewer
    useless[:60] = 0.0
    each = np.stack([active, different, useless], axis=1)
    assert affinity.most_different(each, [6, 90, 100]) == 1
    assert affinity.most_different(each, [6, 5, 100]) == 0


def test_user_who_had_the_item_is_less_likely_where_nobody_takes_it_twice() -> None:
    histories = Histories(
        np.array([0, 2, 3, 3]), np.array([0, 1, 0], np.int32), np.arange(3), np.zeros(3, np.int16)
    )
    crowd = Crowd(histories, np.array([True, True]), half_life=1e9)
    having = crowd.having(np.array([False, True]))
    assert having.tolist() == [True, False]
    affinity_of = np.array([1.0, 0.0], np.float32)
    rest = np.zeros(2, np.float32), having, np.ones(3, np.float32)
    assert crowd.scores(affinity_of, *rest, Settings()).tolist() == [1.0, -1.0, -np.inf]
    assert crowd.scores(affinity_of, *rest, Settings(had=-4.0)).tolist() == [-3.0, -1.0, -np.inf]


def series(shop: Prepared, *, users: int = 200, parts: int = 30) -> Prepared:
    """Users of two series. Each has seen half of the parts of one, in any order and never twice."""
    rng, seen = np.random.default_rng(5), parts // 2
    mine = [rng.permutation(parts)[:seen] + user % 2 * parts for user in range(users)]
    offsets, items = np.arange(users + 1) * seen, np.concatenate(mine).astype(np.int32)
    times, types = np.tile(np.arange(seen), users) + 1_600_000_000, np.zeros(len(items), np.int16)
    ones, none = np.ones(len(items), np.float32), np.zeros((len(items), 0), np.int32)
    return replace(
        shop,
        items=Ids.build([f"part-{number:02}" for number in range(2 * parts)]),
        users=Ids.build([f"fan-{number:03}" for number in range(users)]),
        sequences=Sequences(offsets, items, times, types, ones, none),
        histories=Histories(offsets, items, times, types),
    )


def test_items_that_nobody_takes_twice_go_to_users_who_do_not_have_them(shop: Prepared) -> None:
    data = series(shop)
    recipe = affinity.AffinityPipeline(Config(recipe="aws-item-affinity", datasets={}), None, StopSignal())
    recipe.tune(data)
    assert recipe.settings.had < 0
    with fitted_model(recipe.fit(data), data, recipe.config, with_histories=True) as model:
        for item in (0, 35, 59):
            found = top_k(model.users_for_item(item), 30)
            assert all(user % 2 == item // 30 for user in found)
            assert not any(item in data.histories.of(user).items for user in found)


@pytest.mark.parametrize("recipe", ["aws-item-affinity", "aws-item-attribute-affinity"])
def test_segments_beat_the_most_active_users(trained, recipe: str) -> None:
    bundle: Bundle = trained(recipe)
    model, metrics = load(bundle), bundle.manifest["metrics"]
    assert set(metrics) == {"coverage", "hits_at_1_percent", "recall_at_1_percent"}
    assert metrics["recall_at_1_percent"] >= bundle.manifest["baselines"]["activity"]["recall_at_1_percent"]
    scores = model.users_for_item(7)
    assert scores.shape == (len(bundle.users),) and scores.dtype == np.float32
    best = bundle.histories.of(int(top_k(scores, 1)[0])).items
    assert 6 in best or 7 in best  # who came by the shelf before the item
    both = np.zeros(len(bundle.items), bool)
    both[[7, 8]] = True
    assert np.isfinite(model.users_for_attributes(both)).all()
