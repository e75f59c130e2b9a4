"""Lists of catalogs that turn over are near the best possible ones, which the rules of their data tell."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.data import lake
from tastemaker.models import Bundle, load
from tastemaker.models.sequence import SequenceModel
from tastemaker.models.topk import top_k
from tastemaker.refreshing.assembling import assemble
from tastemaker.refreshing.tally import Event, Tally
from tastemaker.refreshing.writing import write
from training.config_reader import read_config
from training.data.prepare import prepare
from training.data.prepared import Prepared
from training.job import run
from training.output.bundle_writer import export
from training.pipelines.registry import pipeline
from training.progress import StopSignal

DAY = 86_400
START = 1_600_000_000
DAYS, GROUPS, USERS, UNTOUCHED = 40, 4, 160, 60


@dataclass(frozen=True)
class World:
    """Items of several groups appear all the time, and each user likes one group.

    `interest` is the rate of interactions by age in days. Items differ in their `worth`.
    """

    interest: Callable[[np.ndarray], np.ndarray]
    born: np.ndarray
    worth: np.ndarray

    @classmethod
    def made(cls, interest: Callable[[np.ndarray], np.ndarray], each_day: int) -> "World":
        rng, items = np.random.default_rng(4), (DAYS + 1) * each_day
        return cls(interest, np.sort(rng.uniform(0, DAYS + 1, items)), np.exp(rng.normal(0, 0.7, items)))

    def wanted(self, user: int, day: float) -> np.ndarray:
        """How much a user wants each item."""
        age = day - self.born
        rates = np.where(age < 0, 0.0, self.interest(np.maximum(age, 0.0))) * self.worth
        return rates * np.where(np.arange(len(rates)) % GROUPS == user % GROUPS, 1.0, 0.05)

    def events(self, begin: int, end: int) -> list[tuple[int, int, int]]:
        """What users did in these days: (user, item, time)."""
        rng, found = np.random.default_rng([begin, 7]), []
        for user in range(USERS):
            for day in np.sort(rng.uniform(max(begin, 1), end, rng.poisson(1.2 * (end - begin)))).tolist():
                wanted = self.wanted(user, day)
                item = int(rng.choice(len(wanted), p=wanted / wanted.sum()))
                found.append((user, item, START + int(day * DAY)))
        return found

    def record(self, item: int) -> dict[str, object]:
        return {"KIND": f"k{item % GROUPS}", "CREATION_TIMESTAMP": START + int(self.born[item] * DAY)}

    def reached(self, model: SequenceModel, prepared: Prepared, day: int) -> tuple[float, float]:
        """What lists are worth, as a share of the best possible ones, and their share of untouched items."""
        live, numbers = model.bundle.live_items, [int(item[1:]) for item in model.bundle.items.tolist()]
        assert live is not None
        worth, untouched = [], []
        for user in range(0, USERS, 2):
            scores = model.score_user(prepared.sequences.history(user), now=START, user_index=user)
            best = np.array(numbers)[top_k(np.where(live, scores, -np.inf), 10)]
            wanted = np.append(self.wanted(user, day), np.zeros(UNTOUCHED))
            worth.append(wanted[best].sum() / np.sort(wanted)[-10:].sum())
            untouched.append((best >= len(self.born)).mean())
        return float(np.mean(worth)), float(np.mean(untouched))


HOMES = World.made(lambda age: np.exp(-age / 2.5), 10)
NEWS = World.made(lambda age: np.exp(-age / 0.5) * (age < 2), 24)
AUCTIONS = World.made(lambda age: np.where(age < 4, 1.0, 0.0), 10)
"""Age does not matter as long as an auction lasts."""

WORLDS = {"homes": (HOMES, 0.9), "news": (NEWS, 0.9), "auctions": (AUCTIONS, 0.88)}
"""Each with what lists should be worth, as a share of the best possible ones."""


def written(root: Path, world: World, days: int, **config: str) -> Path:
    """The data of the first days. Nobody has touched some items, whose creation is not known."""
    events = world.events(0, DAYS) + (world.events(DAYS, days) if days > DAYS else [])
    users, items, times = zip(*events, strict=True)
    there = np.flatnonzero(world.born < days).tolist()
    records = [world.record(item) for item in there]
    records += [{"KIND": f"k{n % GROUPS}", "CREATION_TIMESTAMP": None} for n in range(UNTOUCHED)]
    ids = [f"i{n:05d}" for n in (*there, *range(len(world.born), len(world.born) + UNTOUCHED))]
    tables = {
        "INTERACTIONS": pa.table(
            {
                "USER_ID": [f"u{user:03d}" for user in users],
                "ITEM_ID": [f"i{item:05d}" for item in items],
                "TIMESTAMP": times,
            }
        ),
        "ITEMS": pa.Table.from_pylist(records).append_column("ITEM_ID", pa.array(ids)),
    }
    parameters = {"width": "32", "trainingPasses": "5"}
    return lake.write(root, tables, categorical=("KIND",), hyperParameters=parameters, **config)


@pytest.fixture(scope="module", params=WORLDS)
def trained(request, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, float, Prepared, Bundle]:
    """A world, what lists should reach in it, its data, and a bundle that was trained on them."""
    world, least = WORLDS[request.param]
    root: Path = tmp_path_factory.mktemp(request.param)
    config = read_config(written(root, world, DAYS))
    prepared = prepare(config, root)
    assert prepared.ages is not None
    recipe = pipeline(config, checkpoints=None, stop=StopSignal())
    recipe.tune(prepared)
    export(recipe.fit(prepared), prepared, recipe.config, root / "model")
    return world, least, prepared, Bundle.open(root / "model")


def opened(bundle: Bundle) -> SequenceModel:
    model = load(bundle)
    assert isinstance(model, SequenceModel)
    return model


def refreshed(bundle: Bundle, folder: Path, world: World, until: float) -> Bundle:
    """The bundle with the events and the items of the time from the end of the training to a day."""
    now, tally, put = START + int(until * DAY), Tally(0), {}
    later = [event for event in world.events(DAYS, DAYS + 1) if event[2] < now]
    events = [Event(str(n), f"i{i:05d}", "", at, user=f"u{u}") for n, (u, i, at) in enumerate(later)]
    tally.add(events, now=now)
    for item in np.flatnonzero((world.born >= DAYS) & (world.born < until)).tolist():
        put[f"i{item:05d}"] = world.record(item), START + world.born[item] * DAY
    write(folder / "refresh", bundle, put, tally, now)
    assemble(bundle.path, folder / "refresh", folder / "bundle")
    return Bundle.open(folder / "bundle")


@pytest.mark.slow
def test_lists_are_near_the_best_ones(trained) -> None:
    world, least, prepared, bundle = trained
    worth, untouched = world.reached(opened(bundle), prepared, DAYS)
    assert worth > least and untouched < 0.1


@pytest.mark.slow
def test_lists_are_near_the_best_ones_after_a_refresh_a_day_later(trained, tmp_path: Path) -> None:
    world, least, prepared, bundle = trained
    before, _ = world.reached(opened(bundle), prepared, DAYS + 1)
    after, untouched = world.reached(opened(refreshed(bundle, tmp_path, world, DAYS + 1)), prepared, DAYS + 1)
    assert after > max(least - 0.08, before) and untouched < 0.1


@pytest.mark.slow
def test_lists_are_near_the_best_ones_after_an_update_a_day_later(trained, tmp_path: Path) -> None:
    world, least, _, bundle = trained
    previous = "groups/bench/models/previous/"
    shutil.copytree(bundle.path, tmp_path / previous)
    path = written(tmp_path, world, DAYS + 1, recipe="aws-user-personalization", previous=previous)
    config = read_config(path)
    run(config, tmp_path, tmp_path / "model", checkpoints=None, stop=StopSignal())
    worth, untouched = world.reached(
        opened(Bundle.open(tmp_path / "model")), prepare(config, tmp_path), DAYS + 1
    )
    assert worth > least - 0.12 and untouched < 0.1


@pytest.mark.slow
def test_refresh_without_news_changes_no_score(trained, tmp_path: Path) -> None:
    world, _, prepared, bundle = trained
    history = prepared.sequences.history(0)
    before, after = (
        opened(one).score_user(history, now=START, user_index=0)
        for one in (bundle, refreshed(bundle, tmp_path, world, DAYS))
    )
    assert np.array_equal(before, after)


@pytest.mark.slow
def test_evaluation_at_the_end_of_the_data_asks_as_requests_do(trained) -> None:
    _, _, prepared, bundle = trained
    model = opened(bundle)
    assert prepared.ages is not None
    then = model.as_of(prepared.ages.now)
    assert np.array_equal(then.item_bias, model.item_bias)
    assert np.array_equal(then.log_popularity, model.log_popularity)


@pytest.mark.slow
def test_requests_that_come_years_later_get_the_same_lists(trained) -> None:
    _, _, prepared, bundle = trained
    model, history = opened(bundle), prepared.sequences.history(1)
    early, late = (
        model.score_user(history, now=prepared.latest + years * 365 * DAY, user_index=1) for years in (1, 6)
    )
    assert np.array_equal(early, late)
