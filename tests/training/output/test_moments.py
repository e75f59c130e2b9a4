"""Models are asked about the past as requests would have been answered then."""

from dataclasses import replace

import numpy as np
import pytest

from tastemaker.models import load
from tastemaker.models.ages import AgeCurve
from tastemaker.models.sequence import SequenceModel
from tastemaker.models.turnover import Activity, Turnover, live_items
from tests.training.aged import aged
from tests.training.data.test_ages import ages_of, fading
from tests.training.data.test_turnover import DAY, START, with_events
from training.algorithms import blend, popularity
from training.data.prepared import Ages, Prepared
from training.data.split import Cases
from training.data.turnover import activity_of
from training.output import evaluate
from training.output.moments import PAUSE_STEPS, LiveItems, Moments, by_time
from training.tuning.objective import truths

CURVE = AgeCurve(np.array([0.0, DAY, 2 * DAY]), np.array([1.0, 0.5, 0.1]), DAY)


def until(prepared: Prepared, time: int, there: np.ndarray) -> Prepared:
    """What the data were at a time, when only some items were there."""
    sequences, number = prepared.sequences.keep(prepared.sequences.times < time), np.cumsum(there) - 1
    return replace(
        prepared.with_sequences(replace(sequences, items=number[sequences.items])),
        items=type(prepared.items).build(prepared.items.take(np.flatnonzero(there))),
        item_created=prepared.item_created[there],
    )


def test_items_of_the_past_are_live_by_the_rule_of_requests(shop: Prepared) -> None:
    """The live items at a time are those of data that end then, in whatever order times are asked."""
    prepared = fading(shop)
    ages = ages_of(prepared)
    items = LiveItems(prepared.sequences, ages)
    step = ages.turnover.pause // PAUSE_STEPS
    for day in (30, 45, 44, 20):
        time = (START + day * DAY) // step * step
        there = ages.activity.born <= time
        then = until(prepared, time, there)
        expected = live_items(activity_of(then), then.latest, ages.turnover)
        live = items.at(time)
        assert 0 < expected.sum() < len(expected)
        assert np.array_equal(live[there], expected) and not live[~there].any()


def test_few_events_decide_what_is_live_in_a_busy_catalog(shop: Prepared) -> None:
    rng = np.random.default_rng(3)
    born = np.sort(rng.integers(0, 10 * DAY, 10_000)) + START
    item = np.repeat(np.arange(10_000), 20)
    time = born[item] + rng.exponential(DAY / 4, len(item)).astype(np.int64)
    time[::20] = born  # an item is born with its first event
    order = np.argsort(time, kind="stable")
    sequences = replace(
        shop.sequences,
        offsets=np.array([0, len(item)]),
        items=item[order].astype(np.int32),
        times=time[order],
    )
    turnover = Turnover(DAY, DAY // 10)
    items = LiveItems(sequences, Ages(turnover, CURVE, Activity(born, born), START))
    assert len(items.items) < 0.6 * len(item)
    step = turnover.pause // PAUSE_STEPS
    for day in np.linspace(1, 10, 30):
        now = int(START + day * DAY) // step * step
        there, last = born <= now, born.copy()
        before = sequences.times < now
        last[sequences.items[before]] = sequences.times[before]
        expected = live_items(Activity(born[there], last[there]), now, turnover)
        assert np.array_equal(items.at(now)[there], expected)


@pytest.fixture(scope="module")
def turning(trained, shop: Prepared, tmp_path_factory: pytest.TempPathFactory):
    """The shop with an item a day that is bought for about four days, and a model with its ages."""
    rng = np.random.default_rng(2)
    item = np.repeat(np.arange(len(shop.items)), 60)
    time = START + item * DAY + np.tile(np.arange(60), len(shop.items)) * DAY // 15
    time += rng.integers(0, DAY // 20, len(item)) * (np.arange(len(item)) % 60 > 0)
    created = START + np.arange(len(shop.items)) * DAY
    prepared = replace(with_events(shop, item, time), items=shop.items, item_created=created)
    turnover = Turnover(2 * DAY, DAY // 4)
    prepared = replace(prepared, ages=Ages(turnover, CURVE, activity_of(prepared), prepared.latest))
    assert prepared.ages is not None
    bundle = aged(
        trained("aws-user-personalization-v2"), prepared.ages, tmp_path_factory.mktemp("aged") / "model"
    )
    model = load(bundle)
    assert isinstance(model, SequenceModel)
    return model, prepared


def cases_of(prepared: Prepared) -> Cases:
    """The users at different parts of their histories."""
    users = np.flatnonzero(prepared.sequences.lengths > 30)
    return Cases(users, 5 + users % 25)


def test_items_of_a_case_are_those_that_were_born_and_not_gone(turning) -> None:
    model, prepared = turning
    moments, sequences, born = Moments(model, prepared), prepared.sequences, prepared.ages.activity.born
    for _, user, shown in by_time(prepared, cases_of(prepared)):
        moment = sequences.times[sequences.offsets[user] + shown]
        then, live = moments.asked(user, shown)
        age = moment - born
        assert not live[age < 0].any() and live[(age >= 0) & (age <= 2 * DAY - DAY // 50)].all()
        assert not live[age > 5 * DAY].any()
        exact = model.as_of(int(moment))
        same = np.isclose(then.item_bias, exact.item_bias)  # but for items that are about to change
        assert same.mean() > 0.8 and not np.allclose(then.item_bias, model.item_bias)


def test_moments_of_one_step_share_the_model(turning) -> None:
    model, prepared = turning
    moments, cases = Moments(model, prepared), cases_of(prepared)
    models = {id(moments.asked(user, shown)[0]): moments for _, user, shown in by_time(prepared, cases)}
    assert len(models) < len(cases)


def test_cases_are_asked_in_the_order_of_time(turning, shop: Prepared) -> None:
    _, prepared = turning
    cases, sequences = cases_of(prepared), prepared.sequences
    order = [place for place, _, _ in by_time(prepared, cases)]
    times = sequences.times[sequences.offsets[cases.users] + cases.shown][order]
    assert sorted(order) == list(range(len(cases))) and (np.diff(times) >= 0).all()
    assert [place for place, _, _ in by_time(replace(prepared, ages=None), cases)] == sorted(order)


@pytest.mark.parametrize("new", [False, True])
def test_lists_have_live_items_only_and_stay_in_the_order_of_cases(turning, new: bool) -> None:
    model, prepared = turning
    cases, moments = cases_of(prepared), Moments(model, prepared)
    found = evaluate.lists(evaluate.scorer(model, prepared, new=new), prepared, cases)
    for items, user, shown in zip(found, cases.users.tolist(), cases.shown.tolist(), strict=True):
        live = moments.live(user, shown)
        assert set(items.tolist()) == set(np.flatnonzero(live).tolist())


def test_popular_items_are_compared_by_the_same_rule(turning) -> None:
    """Popular items of all time are gone. Those that are live find what was bought."""
    model, prepared = turning
    cases = cases_of(prepared)
    users = popularity.distinct_users(prepared.sequences, len(prepared.items))
    assert users.max() == users.min()  # so that the order of items decides
    then, ever = (
        evaluate.popularity_baseline(prepared, prepared, cases, moments=moments)["mean_reciprocal_rank_at_25"]
        for moments in (Moments(model, prepared), None)
    )
    assert then > 1.5 * ever


def test_weight_of_the_context_for_new_users_is_chosen_among_live_items(turning) -> None:
    """The context is for items that are gone, and then for those that users take next."""
    _, prepared = turning
    cases = Cases(np.arange(40), np.full(40, 22))  # on day 16, when the first ten items are gone
    following = [truth[0] for truth in truths(prepared.sequences, cases)]
    assert min(following) >= 10
    table = np.bincount(following, minlength=len(prepared.items)) / 4
    table[:10] = 10.0
    model = load(turning[0].bundle)
    assert isinstance(model, SequenceModel)
    model.table_space, model.context_table = prepared.context_space, table[None].astype(np.float32)
    model.context_rows = np.zeros(prepared.context_space.size, np.int64)
    sequences = prepared.sequences
    said = replace(sequences, context=np.zeros((len(sequences.items), 1), np.int32))
    assert blend.without_history(model, prepared.with_sequences(said), cases) > 0


def test_model_is_asked_as_it_is_if_the_catalog_stays(trained, shop: Prepared) -> None:
    model = load(trained("aws-user-personalization-v2"))
    then, live = Moments(model, shop).asked(0, 2)
    assert then is model and live is None
