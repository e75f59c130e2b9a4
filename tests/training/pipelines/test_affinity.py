"""Users for an item: metrics by hand, and a shop in which the next buyers are known."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tastemaker.columns import CATEGORICAL, Column, Columns
from tastemaker.ids import Ids
from tastemaker.models import Bundle, load
from tastemaker.models.affinity import DAY, Crowd, Settings, days_ago
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


def test_events_lose_weight_by_the_calendar() -> None:
    histories = Histories(
        np.array([0, 1, 3]), np.zeros(3, np.int32), np.array([0, DAY, 3 * DAY]), np.zeros(3, np.int16)
    )
    crowd = Crowd(histories, np.array([True, True]), half_life=1e9, fading=0.5)
    assert crowd.mass.tolist() == pytest.approx([2**-1.5, 1.5])
    gone = Crowd(histories, np.array([True, True]), half_life=1e9, fading=1e6)
    assert (gone.mass > 0).all() and gone.mass[0] < 1e-9


def test_wrong_time_in_the_future_makes_no_other_event_old() -> None:
    times = np.append(np.arange(299) * DAY, 100 * 365 * DAY)
    assert days_ago(times)[[0, -2, -1]].tolist() == [297.0, 0.0, 0.0]
    assert len(days_ago(times[:0])) == 0


def test_only_who_comes_back_after_a_day_counts_by_the_calendar(shop: Prepared) -> None:
    hours = [[0, 10, 11], [0, 12], [0, 1, 47], [47], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]]
    offsets, times = np.concatenate([[0], np.cumsum([len(one) for one in hours])]), np.concatenate(hours)
    items, types = np.zeros(len(times), np.int32), np.zeros(len(times), np.int16)
    ones, none = np.ones(len(times), np.float32), np.zeros((len(times), 0), np.int32)
    sequences = Sequences(offsets, items, times * 3600, types, ones, none)
    older, truth, _ = affinity.split_by_time(replace(shop, sequences=sequences))
    assert truth.lengths.tolist() == [0, 0, 1, 0, 0]  # others are new or in the middle of a visit
    assert older.sequences.lengths.tolist() == [3, 1, 2, 0, 11]


def test_some_wrong_times_change_no_length_of_the_newest_tenth(shop: Prepared) -> None:
    users, events = 50, 20
    times = np.sort(np.random.default_rng(0).integers(0, 100 * DAY, (users, events)), axis=1).ravel()
    wrong = times.copy()
    wrong[[19, 119, 219, 319, 419]] = 100 * 365 * DAY  # the newest events of five users
    items, types = np.zeros(len(times), np.int32), np.zeros(len(times), np.int16)
    ones, none = np.ones(len(times), np.float32), np.zeros((len(times), 0), np.int32)
    offsets = np.arange(users + 1) * events
    lengths = [
        affinity.split_by_time(replace(shop, sequences=Sequences(offsets, items, given, types, ones, none)))[
            2
        ]
        for given in (times, wrong)
    ]
    assert lengths[1] == pytest.approx(lengths[0], rel=0.2)


def test_calendar_does_not_count_where_few_questions_ask(shop: Prepared, monkeypatch) -> None:
    pipeline = affinity.AffinityPipeline(Config(recipe="aws-item-affinity", datasets={}), None, StopSignal())
    for questions, chosen in ((affinity.MIN_QUESTIONS - 1, False), (affinity.MIN_QUESTIONS, True)):
        found = np.tile([0.5, 0.9, 0.5], (questions, 1)), np.zeros(3, np.int64)
        monkeypatch.setattr(pipeline, "shares_found", lambda *_, found=found: found)
        pipeline.tune_fading(shop)
        assert (pipeline.settings.fading > 0) == chosen


def test_activity_counts_no_more_than_needed_within_chance() -> None:
    active = np.repeat([1.0, 0.0], [120, 280])  # what 400 questions find
    different, useless = active.copy(), active.copy()
    different[:6], different[200:204] = 0.0, 1.0  # finds others, and two fewer
    useless[:60] = 0.0
    each = np.stack([active, different, useless], axis=1)
    assert affinity.least(each, [2.0, 0.3, 0.0], errors=1.0) == 1
    assert affinity.least(each, [0.3, 2.0, 0.0], errors=1.0) == 0
    assert affinity.least(each, [0.3, 0.3, 0.0], errors=1.0) == 0  # of equal weights the best


def test_settings_are_chosen_by_events_and_not_by_users() -> None:
    question = affinity.Question(np.ones(1, bool), np.array([2, 5, 6]), np.array([1, 7, 4]))
    assert question.events_of(np.array([5, 0, 2])) == 8
    assert question.most_events(2) == 11 and question.most_events(9) == 12


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


TOPICS, WEEKS = 8, 20


def visitors(shop: Prepared, *, stay: int, seed: int = 0) -> tuple[Prepared, NDArray[np.floating]]:
    """Visits of users with constant tastes and rates, and what to expect: events a week, [users, topics].

    Users of odd numbers come for `stay` weeks alone, and then leave. Of them nothing is to be expected.
    """
    rng, users, items = np.random.default_rng([seed, 6]), 400, 40
    taste, rate = rng.dirichlet(np.full(TOPICS, 0.5), users), rng.gamma(1.0, 1.5, users)
    weeks = np.where(np.arange(users) % 2, stay, WEEKS)
    lengths = np.maximum(rng.poisson(rate * weeks), 1)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    topics = np.concatenate([rng.choice(TOPICS, n, p=p) for n, p in zip(lengths, taste, strict=True)])
    bought = (topics + TOPICS * rng.integers(0, items // TOPICS, len(topics))).astype(np.int32)
    seconds = [np.sort(rng.integers(0, n * 7 * DAY, k)) for n, k in zip(weeks, lengths, strict=True)]
    times, types = 1_600_000_000 + np.concatenate(seconds), np.zeros(len(bought), np.int16)
    ones, none = np.ones(len(bought), np.float32), np.zeros((len(bought), 0), np.int32)
    data = replace(
        shop,
        items=Ids.build([f"course-{number:02}" for number in range(items)]),
        users=Ids.build([f"visitor-{number:03}" for number in range(users)]),
        item_columns=Columns({"TOPIC": Column.build(CATEGORICAL, [str(n % TOPICS) for n in range(items)])}),
        sequences=Sequences(offsets, bought, times, types, ones, none),
        histories=Histories(offsets, bought, times, types),
    )
    return data, taste * np.where(weeks == WEEKS, rate, 0.0)[:, None]


def segments_of_topics(data: Prepared) -> tuple[affinity.AffinityPipeline, list[NDArray[np.int64]]]:
    """What is chosen for the data, and the twenty users of each topic."""
    config = Config(recipe="aws-item-attribute-affinity", datasets={})
    recipe = affinity.AffinityPipeline(config, None, StopSignal())
    recipe.measure(data, StopSignal())
    with fitted_model(recipe.fit(data), data, config, with_histories=True) as model:
        of_topic = np.arange(len(data.items)) % TOPICS
        return recipe, [top_k(model.users_for_attributes(of_topic == one), 20) for one in range(TOPICS)]


def test_segments_of_items_have_the_most_distinct_users_within_chance(shop: Prepared) -> None:
    data, _ = visitors(shop, stay=WEEKS)
    pipeline = affinity.AffinityPipeline(Config(recipe="aws-item-affinity", datasets={}), None, StopSignal())
    pipeline.tune(data)
    older, truth = affinity.split(data)
    _, (distinct,) = pipeline.shares_found(older, truth, [pipeline.settings])
    assert distinct > 70  # with the least weight of activity, 61


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_segments_of_attributes_are_as_good_as_counting_visits(shop: Prepared, seed: int) -> None:
    data, expected = visitors(shop, stay=WEEKS, seed=seed)
    _, found = segments_of_topics(data)
    owners, topics = data.sequences.owners(), data.sequences.items % TOPICS
    visits = [np.bincount(owners[topics == one], minlength=len(data.users)) for one in range(TOPICS)]
    counted = sum(expected[top_k(visits[one].astype(float), 20), one].sum() for one in range(TOPICS))
    assert sum(expected[users, one].sum() for one, users in enumerate(found)) > 0.96 * counted
    assert len(np.unique(np.concatenate(found))) > 80  # topics have different users


def test_users_who_left_long_ago_are_in_no_segment(shop: Prepared) -> None:
    data, expected = visitors(shop, stay=WEEKS // 2)
    recipe, found = segments_of_topics(data)
    assert recipe.settings.fading > 0
    assert np.mean([users % 2 for users in found]) < 0.05  # by visits, a fifth of them have left
    best = sum(np.sort(expected[:, one])[-20:].sum() for one in range(TOPICS))
    assert sum(expected[users, one].sum() for one, users in enumerate(found)) > 0.9 * best


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
