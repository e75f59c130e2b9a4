"""The table of what a context says about items."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.data import lake
from tastemaker.models import Bundle, History, load
from tastemaker.models.sequence import SequenceModel
from tastemaker.models.topk import top_k
from training.algorithms import context
from training.config_reader import read_config
from training.data.prepare import prepare
from training.data.prepared import Prepared
from training.distributed.process_group import ProcessGroup
from training.output.bundle_writer import export
from training.pipelines.registry import pipeline
from training.progress import StopSignal

CATEGORIES, SIZE, USERS, EVENTS = ("books", "films", "games"), 20, 150, 16


def table(seed: int = 0, *, informative: bool = True) -> dict[str, pa.Table]:
    """Users whose device decides the category (phones: books .96, web: .03); the hour decides films or games.

    Each user has favorite places in a category's shelf. Without information, device and hour are random.
    """
    rng = np.random.default_rng(seed)
    count = USERS * EVENTS
    phone = rng.random(count) < 0.5
    hour = rng.integers(0, 24, count)
    books = rng.random(count) < np.where(phone, 0.96, 0.03)
    category = np.where(books, 0, np.where(rng.random(count) < np.where(hour < 12, 0.9, 0.1), 1, 2))
    user = np.repeat(np.arange(USERS), EVENTS)
    place = (user * 7 + rng.geometric(0.2, count)) % SIZE
    if not informative:
        phone, hour = rng.permutation(phone), rng.permutation(hour)
    interactions = pa.table(
        {
            "USER_ID": [f"u{one:03d}" for one in user],
            "ITEM_ID": [f"{CATEGORIES[c]}-{p:02d}" for c, p in zip(category, place, strict=True)],
            "TIMESTAMP": 1_600_000_000 + np.tile(np.arange(EVENTS), USERS) * 4000 + user,
            "DEVICE": np.where(phone, "phone", "web").tolist(),
            "HOUR": hour.astype(float),
        }
    )
    names = [f"{c}-{p:02d}" for c in CATEGORIES for p in range(SIZE)]
    items = pa.table({"ITEM_ID": names, "CATEGORY": [name.split("-")[0] for name in names]})
    return {"INTERACTIONS": interactions, "ITEMS": items}


def prepared(root, **options) -> tuple[Prepared, object]:
    written = lake.write(
        root,
        table(**options),
        categorical=("DEVICE", "CATEGORY"),
        hyperParameters={"width": "16", "trainingPasses": "3"},
    )
    config = read_config(written)
    return prepare(config, root), config


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Prepared, SequenceModel]:
    root = tmp_path_factory.mktemp("devices")
    data, config = prepared(root)
    recipe = pipeline(config, checkpoints=None, stop=StopSignal())
    recipe.tune(data)
    export(recipe.fit(data), data, recipe.config, root / "model")
    model = load(Bundle.open(root / "model"))
    assert isinstance(model, SequenceModel)
    return data, model


def share(shop: tuple[Prepared, SequenceModel], category: str, *, history: bool, **request: str) -> float:
    """The share of a category in lists of ten, for some users."""
    data, model = shop
    found = []
    for user in range(0, USERS, 10):
        events = data.sequences.history(user) if history else History.empty()
        scores = model.score_user(
            events, now=data.latest, context=request, user_index=user if history else -1
        )
        ids = data.items.take(top_k(scores, 10))
        found.append(np.mean([one.startswith(category) for one in ids]))
    return float(np.mean(found))


@pytest.mark.parametrize("history", [True, False])
def test_lists_have_the_shares_of_the_data(shop, history: bool) -> None:
    assert share(shop, "books", history=history, DEVICE="phone") == pytest.approx(0.96, abs=0.1)
    assert share(shop, "books", history=history, DEVICE="web") == pytest.approx(0.03, abs=0.1)


@pytest.mark.parametrize("history", [True, False])
def test_several_columns_and_numbers_count(shop, history: bool) -> None:
    assert share(shop, "films", history=history, DEVICE="web", HOUR="8") > 0.7
    assert share(shop, "games", history=history, DEVICE="web", HOUR="20.5") > 0.7


def test_unseen_value_changes_nothing(shop) -> None:
    data, model = shop
    history = data.sequences.history(3)
    plain = model.score_user(history, now=data.latest)
    assert np.array_equal(plain, model.score_user(history, now=data.latest, context={"DEVICE": "fridge"}))
    assert np.array_equal(plain, model.score_user(history, now=data.latest, context={"HOUR": "noon"}))


def test_items_that_came_later_are_neutral(shop) -> None:
    _, model = shop
    whole = model.context_scores({"DEVICE": "phone"})
    narrow = model.context_table
    model.context_table = narrow[:, :-3]
    try:
        scores = model.context_scores({"DEVICE": "phone"})
    finally:
        model.context_table = narrow
    assert scores[-3:].tolist() == [0.0, 0.0, 0.0]
    assert np.array_equal(scores[:-3], whole[:-3])


def test_table_holds_how_much_more_likely_a_context_is(tmp_path) -> None:
    data, _ = prepared(tmp_path)
    found = context.fit(data)
    assert found is not None
    phone = data.context_space.codes({"DEVICE": "phone"})[0][0]
    lift = found.values[found.rows[phone]]
    books = np.array([one.startswith("books") for one in data.items.tolist()])
    assert lift[books].mean() > 0.5
    assert lift[~books].mean() < -2.0


def test_item_without_events_gets_what_its_category_says(tmp_path) -> None:
    tables = table()
    events = tables["INTERACTIONS"]
    keep = [one != "books-05" for one in events["ITEM_ID"].to_pylist()]
    written = lake.write(
        tmp_path, tables | {"INTERACTIONS": events.filter(keep)}, categorical=("DEVICE", "CATEGORY")
    )
    data = prepare(read_config(written), tmp_path)
    found = context.fit(data)
    assert found is not None
    phone = data.context_space.codes({"DEVICE": "phone"})[0][0]
    assert found.values[found.rows[phone], data.items.index("books-05")] > 0.5


class OnlySums(ProcessGroup):
    """A group of one that refuses to send arrays of users or events to other processes."""

    def joined(self, own):
        raise AssertionError(f"{len(own)} values of single users or events are sent to every process")


def test_processes_share_only_sums_over_users(tmp_path) -> None:
    data, _ = prepared(tmp_path)
    assert context.fit(data.with_sequences(replace(data.sequences, group=OnlySums()))) is not None


def test_context_without_information_has_no_table(tmp_path) -> None:
    data, _ = prepared(tmp_path, informative=False)
    assert context.fit(data) is None
