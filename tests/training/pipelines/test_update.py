"""UPDATE adds new items and new data, and keeps what was learned."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tastemaker.ids import open_array
from tastemaker.models import Bundle, load
from tastemaker.models.weights import unpack
from tests.training import lake
from training.config_reader import read_config
from training.errors import BadConfigError
from training.job import run
from training.pipelines.update import types
from training.progress import StopSignal

PREVIOUS = "groups/shop/models/previous/"
EVENTS = [
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


def test_missing_previous_version_is_named_in_the_error(tmp_path: Path) -> None:
    path = lake.build(tmp_path, recipe="aws-user-personalization", previous="groups/gone/")
    with pytest.raises(BadConfigError, match="groups/gone/"):
        run(read_config(path), tmp_path, tmp_path / "model", checkpoints=None, stop=StopSignal())
