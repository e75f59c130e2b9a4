"""UPDATE adds new items and new data, and keeps what was learned."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tastemaker.ids import open_array
from tastemaker.models import Bundle, load
from tastemaker.models.ages import AgeCurve
from tastemaker.models.turnover import Turnover
from tastemaker.models.weights import unpack
from tests.training import lake
from tests.training.aged import aged
from training.config_reader import read_config
from training.data.ages import measure
from training.data.prepare import prepare
from training.data.prepared import Ages, Prepared
from training.errors import BadConfigError
from training.job import run
from training.output.bundle_writer import export
from training.pipelines.registry import pipeline
from training.pipelines.update import types
from training.progress import StopSignal

PREVIOUS = "groups/shop/models/previous/"
EVENTS: list[dict[str, Any]] = [
    {"itemId": "a-new", "sentAt": lake.START + 9_000, "eventType": "add", "userId": "u000"},
    {"itemId": "i01", "sentAt": lake.START + 9_060, "eventType": "buy", "userId": "u000"},
]


@pytest.fixture(scope="module")
def versions(trained, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, Bundle]:
    """A version that was trained in full, and an update with another item and user."""
    root: Path = tmp_path_factory.mktemp("update")
    before = trained("aws-user-personalization")
    shutil.copytree(before.path, root / PREVIOUS)
    for name in ("history.items.npy", "users.blob.npy"):  # an update does not get all files
        (root / PREVIOUS / name).unlink(missing_ok=True)
    path = lake.build(root, EVENTS, recipe="aws-user-personalization", previous=PREVIOUS)
    rows = {"ITEM_ID": ["a-new"], "GENRE": ["odd|all"], "PRICE": [3.0], "IN_STOCK": [True], "TITLE": ["new"]}
    lake.put(root, "groups/shop/datasets/ITEMS/run/", pa.table(rows))
    run(read_config(path), root, root / "model", checkpoints=None, stop=StopSignal())
    return before, Bundle.open(root / "model")


def test_update_keeps_what_was_learned(versions) -> None:
    before, after = (load(one) for one in versions)
    places = after.bundle.items.indexes(before.bundle.items.tolist())
    assert np.array_equal(after.item_vectors[places], before.item_vectors)
    assert np.array_equal(after.item_bias[places], before.item_bias)
    assert after.parts == before.parts
    learned = [
        unpack(open_array(one.path / "model/encoder.npy"), one.manifest["model"]["encoder"]["weights"])
        for one in versions
    ]
    assert all(np.array_equal(learned[0][name], learned[1][name]) for name in learned[0] if name != "types")


def test_update_gives_new_items_a_vector_from_their_attributes(versions) -> None:
    before, after = (load(one) for one in versions)
    place = after.bundle.items.index("a-new")
    assert before.bundle.items.index("a-new") == -1 and after.item_vectors[place].any()
    history = after.bundle.histories.of(after.bundle.users.index("u003"))
    scores = after.score_user(history, now=lake.START + 10_000)
    assert np.isfinite(scores[place])


def test_update_adds_new_events_to_histories_and_transitions(versions) -> None:
    after = load(versions[1])
    user = after.bundle.users.index("u000")
    newest = after.bundle.histories.of(user).items[-2:]
    assert [after.bundle.items[item] for item in newest] == ["a-new", "i01"]
    columns, values = after.rows["transitions"].row(after.bundle.items.index("a-new"))
    assert columns.tolist() == [after.bundle.items.index("i01")] and values[0] > 0


def test_update_keeps_the_metrics_and_names_the_full_version(versions) -> None:
    before, after = versions
    assert after.manifest["metrics"] == before.manifest["metrics"]
    assert after.manifest["model"]["updatedFrom"] == before.manifest["solutionVersionArn"]


def test_update_matches_event_types_by_name() -> None:
    learned = np.array([[9.0], [1.0], [2.0]])  # none, buy, view
    assert types(learned, ["buy", "view"], ["add", "buy", "view"]).ravel().tolist() == [9, 0, 1, 2]


LIFE = Turnover(life=600, pause=300)
CURVE = AgeCurve(np.array([0.0, 300.0, 600.0]), np.array([1.0, 0.5, 0.25]), 450)


def of_life(prepared: Prepared) -> Ages:
    """The ages of the shop if items lived for ten minutes."""
    ages = measure(prepared, (LIFE, CURVE))
    assert ages is not None
    return ages


def test_update_keeps_the_ages_that_were_learned_if_the_catalog_no_longer_turns_over(
    trained, shop: Prepared, tmp_path: Path
) -> None:
    before = aged(trained("aws-user-personalization"), of_life(shop), tmp_path / PREVIOUS)
    soon = [{**event, "sentAt": event["sentAt"] - 7_400} for event in EVENTS]
    config = read_config(lake.build(tmp_path, soon, recipe="aws-user-personalization", previous=PREVIOUS))
    assert prepare(config, tmp_path).ages is None
    run(config, tmp_path, tmp_path / "model", checkpoints=None, stop=StopSignal())
    after = Bundle.open(tmp_path / "model")
    assert after.manifest["turnover"] == before.manifest["turnover"] == LIFE._asdict()
    learned = AgeCurve.from_json(after.manifest["model"]["ages"])
    assert np.array_equal(learned.rates, CURVE.rates) and learned.usual == CURVE.usual
    new, old = after.items.index("a-new"), after.items.index(lake.item(3))
    model = load(after)
    assert after.activity is not None and after.activity.born[new] == lake.START + 1_600
    assert model.ages is not None and model.ages.additions(model.ages.now)[[new, old]].argmax() == 0
    assert np.isfinite(model.score_user(after.histories.of(0), now=after.latest)).all()


def test_update_of_a_model_without_ages_stays_without_them(trained, shop: Prepared, tmp_path: Path) -> None:
    """Its biases know what items are worth at the ages that they had."""
    before = trained("aws-user-personalization")
    shutil.copytree(before.path, tmp_path / PREVIOUS)
    config = read_config(lake.build(tmp_path, recipe="aws-user-personalization", previous=PREVIOUS))
    turning = replace(shop, ages=of_life(shop))
    update = pipeline(config, checkpoints=None, stop=StopSignal())
    update.load(tmp_path, turning)
    export(update.fit(turning), turning, config, tmp_path / "model")
    after = Bundle.open(tmp_path / "model")
    assert "ages" not in after.manifest["model"] and load(after).ages is None
    assert np.array_equal(load(after).item_bias, load(before).item_bias)
    assert after.live_items is not None  # answers prefer live items nevertheless


def test_missing_previous_version_is_named_in_the_error(tmp_path: Path) -> None:
    path = lake.build(tmp_path, recipe="aws-user-personalization", previous="groups/gone/")
    with pytest.raises(BadConfigError, match="groups/gone/"):
        run(read_config(path), tmp_path, tmp_path / "model", checkpoints=None, stop=StopSignal())
