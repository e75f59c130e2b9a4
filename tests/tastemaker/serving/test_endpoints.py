"""The cache of records, and endpoints."""

from dataclasses import dataclass
from typing import Any

import pytest

from tastemaker.contracts.dataset_storage import data_id_alias
from tastemaker.errors import InvalidInput, ResourceNotFound
from tastemaker.serving.endpoints import CACHE_SECONDS, RecordCache
from tastemaker.serving.runtime import Runtime

ACCOUNT = "arn:aws:personalize:us-east-1:1:"
CAMPAIGN = f"{ACCOUNT}campaign/c"
DEPLOYMENT = {
    "solutionVersionArn": f"{ACCOUNT}solution/s/1",
    "recipeArn": "arn:aws:personalize:::recipe/aws-user-personalization-v2",
    "datasetGroupArn": f"{ACCOUNT}dataset-group/films",
    "bundle": "s3://lake/b/",
}


@dataclass
class FakeRecord:
    """A resource with a body."""

    body: dict[str, Any]

    @property
    def status(self) -> str | None:
        return self.body.get("status")


class Table:
    """A table of records, by ARN."""

    def __init__(self, **records: dict[str, Any]) -> None:
        self.records = {campaign(name): {"status": "ACTIVE", **body} for name, body in records.items()}

    def get(self, arn: str) -> FakeRecord | None:
        body = self.records.get(arn)
        return None if body is None else FakeRecord(dict(body))

    def target(self, alias: str) -> str | None:
        return None


def campaign(name: str) -> str:
    return f"{ACCOUNT}campaign/{name}"


def serving(version: str) -> dict[str, Any]:
    return {"_serving": {**DEPLOYMENT, "solutionVersionArn": version, "bundle": f"s3://lake/{version}/"}}


class Downloads:
    """Bundles of which some are here, and some still on their way."""

    def __init__(self, *here: str) -> None:
        self.here = set(here)

    def ready(self, uri: str) -> bool:
        return uri in self.here

    def prepare(self, uri: str) -> bool:
        return uri not in self.here


class OneRecord:
    """A table with one record, which counts how often it is read."""

    def __init__(self, status: str, **body: Any) -> None:
        self.body, self.reads = {"status": status, **body}, 0
        self.data_ids: dict[str, str] = {}

    def get(self, arn: str) -> FakeRecord:
        self.reads += 1
        return FakeRecord(dict(self.body))

    def target(self, alias: str) -> str | None:
        return self.data_ids.get(alias)


def test_active_record_is_read_again_after_the_cache_time() -> None:
    table, now = OneRecord("ACTIVE"), [0.0]
    cache = RecordCache(table, clock=lambda: now[0])
    cache.get(CAMPAIGN), cache.get(CAMPAIGN)
    assert table.reads == 1
    now[0] = CACHE_SECONDS
    cache.get(CAMPAIGN)
    assert table.reads == 2


def test_record_that_is_not_active_is_never_cached() -> None:
    table = OneRecord("CREATE IN_PROGRESS")
    cache = RecordCache(table)
    cache.get(CAMPAIGN)
    table.body["status"] = "ACTIVE"
    assert cache.get(CAMPAIGN).status == "ACTIVE"


def test_endpoint_has_the_deployment_and_configuration_of_its_record() -> None:
    config = {"enableMetadataWithRecommendations": True}
    refreshed = {**DEPLOYMENT, "refresh": "s3://lake/r/"}
    endpoint = RecordCache(OneRecord("ACTIVE", _serving=refreshed, campaignConfig=config)).endpoint(CAMPAIGN)
    assert endpoint.bundle_uri == "s3://lake/b/#s3://lake/r/served/"
    assert endpoint.recipe.name == "aws-user-personalization-v2" and endpoint.second_generation
    assert endpoint.returns_metadata


def test_storage_follows_the_data_id_of_the_current_dataset() -> None:
    table, now = OneRecord("ACTIVE", _serving=DEPLOYMENT), [0.0]
    cache = RecordCache(table, clock=lambda: now[0])
    endpoint = cache.endpoint(CAMPAIGN)
    items = f"{ACCOUNT}dataset/films/ITEMS"
    assert cache.storage(endpoint, "ITEMS").catalog == items
    table.data_ids[data_id_alias(items)] = "1f2e"
    assert cache.storage(endpoint, "ITEMS").catalog == items  # cached
    now[0] = CACHE_SECONDS
    assert cache.storage(endpoint, "ITEMS").catalog == f"{items}.1f2e"


def test_endpoint_is_kept_while_its_record_is_cached() -> None:
    cache = RecordCache(OneRecord("ACTIVE", _serving=DEPLOYMENT), clock=lambda: 0.0)
    assert cache.endpoint(CAMPAIGN) is cache.endpoint(CAMPAIGN)


@pytest.mark.parametrize(
    "table",
    [OneRecord("CREATE FAILED", failureReason="no room"), OneRecord("ACTIVE")],
    ids=["failed", "empty"],
)
def test_endpoint_without_a_deployment_is_rejected_with_its_status(table: OneRecord) -> None:
    with pytest.raises(InvalidInput, match=f"its status is {table.body['status']}"):
        RecordCache(table).endpoint(CAMPAIGN)


def test_alias_answers_as_the_campaign_that_it_points_at() -> None:
    table, now = Table(home={"aliasOf": campaign("blue")}, blue=serving("1"), green=serving("2")), [0.0]
    cache = RecordCache(table, clock=lambda: now[0])
    endpoint = cache.endpoint(campaign("home"))
    assert (endpoint.arn, endpoint.solution_version_arn) == (campaign("blue"), "1")
    assert cache.endpoint(campaign("home")) is endpoint
    table.records[campaign("home")]["aliasOf"] = campaign("green")
    now[0] = CACHE_SECONDS
    assert cache.endpoint(campaign("home")).solution_version_arn == "2"


def test_alias_that_has_moved_answers_although_its_old_campaign_is_gone() -> None:
    table, now = Table(home={"aliasOf": campaign("blue")}, blue=serving("1"), green=serving("2")), [0.0]
    cache = RecordCache(table, clock=lambda: now[0])
    cache.get(campaign("blue"))
    now[0] = CACHE_SECONDS / 2
    assert cache.endpoint(campaign("home")).solution_version_arn == "1"
    table.records[campaign("home")]["aliasOf"] = campaign("green")
    del table.records[campaign("blue")]
    now[0] = CACHE_SECONDS  # the old campaign is read again, and the alias is still cached
    assert cache.endpoint(campaign("home")).solution_version_arn == "2"


def test_alias_without_a_campaign_says_which_one_is_missing() -> None:
    cache = RecordCache(Table(home={"aliasOf": campaign("blue")}))
    with pytest.raises(ResourceNotFound, match="campaign/blue"):
        cache.endpoint(campaign("home"))


def test_alias_answers_from_the_old_model_until_the_new_one_is_here() -> None:
    table, now = Table(home={"aliasOf": campaign("blue")}, blue=serving("1"), green=serving("2")), [0.0]
    downloads = Downloads("s3://lake/1/")
    cache = RecordCache(table, clock=lambda: now[0])
    runtime = Runtime(cache, downloads, profiles=None)  # type: ignore[arg-type]
    asked = {"campaignArn": campaign("home")}
    assert runtime.endpoint(asked).solution_version_arn == "1"
    table.records[campaign("home")]["aliasOf"] = campaign("green")
    now[0] = CACHE_SECONDS
    assert runtime.endpoint(asked).solution_version_arn == "1"
    downloads.here.add("s3://lake/2/")
    assert runtime.endpoint(asked).solution_version_arn == "2"
