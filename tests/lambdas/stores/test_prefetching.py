"""No request waits for a new model: the old one answers, and environments fetch models when they start."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambdas.stores.bundles import RETRY_SECONDS, BundleCache
from lambdas.stores.prefetching import INIT_SECONDS, PROVISIONED, prefetch_active
from tastemaker.control.core.records import MemoryRepository, Record
from tastemaker.serving.endpoints import RecordCache
from tastemaker.serving.recommendations import get_recommendations
from tastemaker.serving.runtime import Runtime
from tests.lambdas.aws import LAKE, aws, lake_client, upload
from tests.tastemaker.serving.films import GROUP, PREFIX, FakeProfiles, write_bundle

__all__ = ["aws", "lake_client"]

CAMPAIGN = f"{PREFIX}campaign/c"


class Gate:
    """S3 that gives no object while it is closed. `fails` makes it break off."""

    def __init__(self, s3: Any) -> None:
        self._s3, self.opened, self.fails, self.downloads = s3, threading.Event(), False, 0
        self.get_paginator = s3.get_paginator
        self.opened.set()

    def get_object(self, **request: Any) -> Any:
        self.opened.wait(60)
        self.downloads += 1
        if self.fails:
            raise ConnectionError("broken off")
        return self._s3.get_object(**request)


class OneBundleDisk(BundleCache):
    """A disk with room for one bundle."""

    def free(self) -> int:
        return 0 if any(one for one in self._folder.iterdir() if "fetching" not in one.name) else 1 << 40


class Environment:
    """One environment of the runtime function, and a campaign that serves version 1 of two versions."""

    def __init__(self, s3: Any, folder: Path, cache: type[BundleCache] = BundleCache) -> None:
        for number, kind in ((1, "sequence"), (2, "popularity")):
            upload(s3, write_bundle(folder / f"source-{number}", kind), f"{number}/")
        self.gate, self.now = Gate(s3), 0.0
        self.bundles = cache(self.gate, folder / "disk", lambda: self.now)
        self.repository = MemoryRepository()
        self.repository.create(Record(CAMPAIGN, "Campaign", self._body(1)))
        self.runtime = Runtime(RecordCache(self.repository, lambda: self.now), self.bundles, FakeProfiles())

    def _body(self, number: int) -> dict[str, Any]:
        recipe = "aws-user-personalization-v2" if number == 1 else "aws-popularity-count"
        serving = {
            "solutionVersionArn": f"{PREFIX}solution/s/{number}",
            "recipeArn": f"arn:aws:personalize:::recipe/{recipe}",
            "datasetGroupArn": GROUP,
            "bundle": f"s3://{LAKE}/{number}/",
        }
        return {"status": "ACTIVE", "_serving": serving}

    def switch(self) -> None:
        """The campaign is updated to version 2, and the environment notices it."""
        record = self.repository.records[CAMPAIGN]
        self.repository.records[CAMPAIGN] = replace(record, body=self._body(2))
        self.now += 100.0

    def ask(self) -> str:
        """The version that answers."""
        get_recommendations(self.runtime, {"campaignArn": CAMPAIGN, "userId": "ann"})
        return self.runtime.current[CAMPAIGN].solution_version_arn.rpartition("/")[2]


@pytest.fixture
def environment(lake_client: Any, tmp_path: Path) -> Environment:
    return Environment(lake_client, tmp_path)


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_campaign_that_was_created_again_never_answers_from_the_deleted_one(environment: Environment) -> None:
    assert environment.ask() == "1"
    environment.gate.opened.clear()  # the bundle of the new campaign does not arrive
    environment.switch()
    record = environment.repository.records[CAMPAIGN]
    body = {**record.body, "creationDateTime": 2_000.0}
    environment.repository.records[CAMPAIGN] = replace(record, body=body)
    threading.Timer(0.2, environment.gate.opened.set).start()
    assert environment.ask() == "2"  # it waits for the bundle


def test_requests_during_a_switch_are_answered_from_the_old_bundle_at_once(environment: Environment) -> None:
    assert environment.ask() == "1"
    waits = environment.bundles.waits
    environment.gate.opened.clear()  # the new bundle does not arrive
    environment.switch()
    for _ in range(20):
        assert environment.ask() == "1"
    environment.gate.opened.set()
    until(lambda: environment.bundles.ready(f"s3://{LAKE}/2/"))
    assert environment.ask() == "2"
    assert environment.bundles.waits == waits


def test_download_that_fails_is_repeated_while_the_old_bundle_answers(environment: Environment) -> None:
    environment.ask()
    environment.gate.fails = True
    environment.switch()
    assert environment.ask() == "1"
    until(lambda: environment.bundles._downloads[f"s3://{LAKE}/2/"].future.done())
    environment.gate.fails = False
    assert environment.ask() == "1"  # it is not repeated at each request
    environment.now += RETRY_SECONDS + 1
    assert environment.ask() == "1"
    until(lambda: environment.bundles.ready(f"s3://{LAKE}/2/"))
    assert environment.ask() == "2"


def test_update_of_the_configuration_alone_applies_at_once(environment: Environment) -> None:
    environment.ask()
    record = environment.repository.records[CAMPAIGN]
    config = {"itemExplorationConfig": {"explorationWeight": "0"}}
    environment.repository.records[CAMPAIGN] = replace(record, body={**record.body, "campaignConfig": config})
    environment.now += 100.0
    environment.ask()
    assert environment.runtime.current[CAMPAIGN].config == config


def test_full_disk_is_cleared_after_the_response(lake_client: Any, tmp_path: Path) -> None:
    environment = Environment(lake_client, tmp_path, OneBundleDisk)
    environment.bundles.finishes_later = True
    environment.ask()
    waits = environment.bundles.waits
    environment.switch()
    assert environment.ask() == "1"
    environment.bundles.finish(60)  # the extension, when the response is given
    assert environment.ask() == "2"
    assert environment.bundles.waits == waits


def test_full_disk_without_an_extension_replaces_the_old_bundle(lake_client: Any, tmp_path: Path) -> None:
    environment = Environment(lake_client, tmp_path, OneBundleDisk)
    environment.ask()
    environment.switch()
    environment.ask()
    until(lambda: environment.ask() == "2")


@pytest.mark.parametrize("initialization", ["on-demand", PROVISIONED])
def test_cold_environment_fetches_what_is_deployed_before_its_first_request(
    environment: Environment, initialization: str
) -> None:
    found = prefetch_active(environment.repository, environment.bundles, initialization=initialization)
    assert found == 1
    assert environment.ask() == "1"
    assert environment.bundles.waits == 0


def test_cold_environment_fetches_active_deployments_only(environment: Environment) -> None:
    record = environment.repository.records[CAMPAIGN]
    environment.repository.records[CAMPAIGN] = replace(
        record, body={**record.body, "status": "CREATE FAILED"}
    )
    environment.repository.create(Record(f"{PREFIX}campaign/new", "Campaign", {"status": "CREATE PENDING"}))
    assert prefetch_active(environment.repository, environment.bundles, initialization="on-demand") == 0
    assert environment.gate.downloads == 0


def test_environment_on_demand_does_not_wait_for_several_models(environment: Environment) -> None:
    environment.repository.create(Record(f"{PREFIX}campaign/d", "Campaign", environment._body(2)))
    environment.gate.opened.clear()
    started = time.perf_counter()
    assert prefetch_active(environment.repository, environment.bundles, initialization="on-demand") == 2
    assert time.perf_counter() - started < INIT_SECONDS  # which it would have waited for one model
    environment.gate.opened.set()
    assert environment.ask() == "1"


def test_environment_starts_without_a_model_that_cannot_be_fetched(environment: Environment) -> None:
    class NoRecords(MemoryRepository):
        def list(self, **_: Any) -> Any:
            raise ConnectionError("no table")

    assert prefetch_active(NoRecords(), environment.bundles, initialization="on-demand") == 0
