"""Actions that are put take effect at the next refresh."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lambdas.events.catalog import Catalog
from lambdas.refreshing.refresh import RefreshRun
from lambdas.stores.bundles import BundleCache
from lambdas.stores.catalog import upserts_since
from lambdas.stores.lake import LakeBucket
from tastemaker import recipes
from tastemaker.columns import Columns
from tastemaker.contracts.dataset_storage import DatasetStorage
from tastemaker.contracts.deployment import bundle_address
from tastemaker.ids import Ids, save_array
from tastemaker.models import Histories
from tastemaker.models.actions import ActionModel
from tastemaker.models.bundle import History
from tests.lambdas.aws import LAKE
from tests.tastemaker.serving.films import write_bundle

DATASET = "arn:aws:personalize:eu-west-1:123456789012:dataset/films/"
BUNDLE = "groups/films/models/s/1/job/output/model/"
CREATED, NOW = 1_000.0, 5_000
NOTHING = History.empty()


def write_action_bundle(folder: Path) -> None:
    """The films' bundle with a model of three actions, of which `call` is explored."""
    write_bundle(folder, "popularity")
    model = folder / "model"
    Ids.build(["call", "refer", "subscribe"]).save(model, "actions")
    types = {"EXPIRATION_TIMESTAMP": "number", "VALUE": "number", "REPEAT_FREQUENCY": "number"}
    records = [{}, {"VALUE": 2.0, "EXPIRATION_TIMESTAMP": 9_000.0}, {"VALUE": 3.0}]
    Columns.build(types, records).save(model / "action_columns")
    weights = np.zeros((3, 1 + 2 + 0 + 3), np.float32)
    weights[0] = np.nan
    save_array(model / "weights.npy", weights)
    items, users = 5, len(Ids.open(folder, "users"))
    save_array(model / "factors.npy", np.zeros((items, 2), np.float32))
    for part, array in (("offsets", np.zeros(users + 1, np.int64)), ("codes", np.zeros(0, np.int32))):
        save_array(model / f"user_features.{part}.npy", array)
    save_array(model / "user_features.weights.npy", np.zeros(0, np.float32))
    (model / "action_histories").mkdir()
    none = np.zeros(0, np.int32)
    Histories(np.zeros(users + 1, np.int64), none, none.astype(np.int64), none.astype(np.int16)).save(
        model / "action_histories"
    )
    manifest = json.loads((folder / "bundle.json").read_text())
    manifest |= {
        "kind": "actions",
        "model": {"eventTypes": ["TAKEN"], "attributeCodes": 0},
        "created": CREATED,
    }
    (folder / "bundle.json").write_text(json.dumps(manifest))


class Lab:
    """A lake with an action model, and the catalog table."""

    def __init__(self, s3: Any, dynamodb: Any, folder: Path) -> None:
        self.lake, self.dynamodb, self.folder = LakeBucket(s3, LAKE), dynamodb, folder
        self.now = NOW - 100.0
        self.catalog = Catalog(dynamodb, "catalog", lambda: self.now)
        write_action_bundle(folder / "bundle")
        for path in (folder / "bundle").rglob("*"):
            if path.is_file():
                self.lake.upload(BUNDLE + path.relative_to(folder / "bundle").as_posix(), path)

    def put(self, action: str, **properties: Any) -> None:
        self.now += 1
        self.catalog.put(DatasetStorage(f"{DATASET}ACTIONS", None), [(action, properties)])

    def refresh(self, name: str, previous: str | None = None) -> tuple[str, dict[str, Any]]:
        target = self.lake.uri(f"groups/films/models/s/1/job/refreshes/c/{name}/")
        plan: Any = {
            "arn": "arn",
            "events": "groups/films/events/",
            "items": f"{DATASET}ITEMS",
            "actions": f"{DATASET}ACTIONS",
            "bundle": self.lake.uri(BUNDLE),
            "previous": previous,
            "earlier": None,
            "target": target,
        }

        def upserts(dataset: str, since: float) -> Any:
            return upserts_since(self.dynamodb, "catalog", dataset, since)

        return target, RefreshRun(self.lake, upserts, lambda ids: {}, clock=lambda: NOW).run(plan)

    def model(self, refresh: str | None = None) -> ActionModel:
        bundles = BundleCache(self.lake.client, self.folder / "runtime")
        model = bundles.get(bundle_address(self.lake.uri(BUNDLE), refresh)).model
        assert isinstance(model, ActionModel)
        return model


@pytest.fixture
def lab(lake_client: Any, other_tables: Any, tmp_path: Path) -> Lab:
    return Lab(lake_client, other_tables, tmp_path)


def available(model: ActionModel) -> set[str]:
    found = np.flatnonzero(model.available(NOTHING, NOW)).tolist()
    return {model.actions[position] for position in found}


def test_expiry_in_the_past_hides_an_action_after_the_refresh(lab: Lab) -> None:
    assert available(lab.model()) == {"call", "refer", "subscribe"}
    lab.put("subscribe", EXPIRATION_TIMESTAMP=NOW - 1)
    target, result = lab.refresh("1")
    assert result == {"items": 0, "events": 0, "actions": 0}
    model = lab.model(target)
    assert available(model) == {"call", "refer"}
    assert model.propensities(NOTHING, NOTHING)[1:].tolist() == [0.5, 0.5]  # what was learned stays


def test_new_action_is_explored_after_the_refresh(lab: Lab) -> None:
    lab.put("visit", VALUE=9, COLOR="unknown to the schema of the training")
    target, result = lab.refresh("1")
    assert result["actions"] == 1
    model = lab.model(target)
    assert list(model.actions) == ["call", "refer", "subscribe", "visit"]
    assert available(model) == {"call", "refer", "subscribe", "visit"}
    assert np.isnan(model.propensities(NOTHING, NOTHING)[3])
    assert model.columns.record(3)["VALUE"] == 9.0
    assert model.columns.record(1)["VALUE"] == 2.0


def test_put_replaces_the_whole_record_and_the_newest_one_counts(lab: Lab) -> None:
    lab.put("refer", EXPIRATION_TIMESTAMP=NOW - 1, VALUE=1)
    lab.put("refer", VALUE=7)
    target, _ = lab.refresh("1")
    record = lab.model(target).columns.record(1)
    assert (record["VALUE"], record["EXPIRATION_TIMESTAMP"]) == (7.0, None)


def test_refresh_without_new_actions_is_skipped(lab: Lab) -> None:
    assert lab.refresh("0")[1] == {"skip": True}
    lab.now = CREATED - 10
    lab.put("call", VALUE=1)  # the training knows it
    assert lab.refresh("0")[1] == {"skip": True}
    lab.now = NOW - 50.0
    lab.put("visit", VALUE=1)
    target, _ = lab.refresh("1")
    assert lab.refresh("2", previous=target)[1] == {"skip": True}
    lab.put("call", VALUE=5)
    second, result = lab.refresh("2", previous=target)
    assert result["actions"] == 1  # a refresh is laid over the bundle, not over an earlier refresh
    assert list(lab.model(second).actions) == ["call", "refer", "subscribe", "visit"]


def test_next_best_action_is_refreshed() -> None:
    assert recipes.by_arn("arn:aws:personalize:::recipe/aws-next-best-action").refreshed
