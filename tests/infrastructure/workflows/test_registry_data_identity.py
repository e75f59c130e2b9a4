"""Data belong to a dataset group's and a dataset's identity: nothing of a deleted one reaches the next one
of the same name, however late it arrives.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambdas.events.catalog import Catalog
from lambdas.events.kinesis import KinesisTransport
from lambdas.events.operations import operations
from lambdas.events.targets import EventTargets
from lambdas.stores.catalog import all_upserts, upserts_since
from lambdas.stores.profile_writer import ProfileWriter
from lambdas.stores.profiles import Profiles
from lambdas.stores.records import ResourceTable
from lambdas.stores.upserts import CatalogUpserts
from tastemaker.contracts.streamed_event import StreamedEvent
from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.errors import InvalidInput
from tastemaker.serving.endpoints import RecordCache
from tastemaker.serving.query import Query
from tastemaker.serving.runtime import Runtime
from tests.chaos.pipeline import EventPipeline, Stream
from tests.infrastructure.account import Account, account
from tests.infrastructure.conftest import Assembly, definitions_of
from tests.tastemaker.control import shop
from tests.tastemaker.serving.films import OpenBundles, write_bundle

NOW = 1_999_999_000
CSV = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\nbulk,dune,1700000001,view,\n"
OUT = {"s3DataDestination": {"path": "s3://out/"}}


class Shop:
    """A deployment in memory, its events function and its clients."""

    def __init__(self, on: Account) -> None:
        self.on, self.here = on, on.here
        self.stream = Stream()
        self.profiles = Profiles(on.dynamodb, "profiles")
        self.pipeline = EventPipeline(self.stream, ProfileWriter(on.dynamodb, "profiles"), on.lake)
        self.records = ResourceTable(on.dynamodb, "resources")
        self.catalog = Catalog(on.dynamodb, "catalog", lambda: float(NOW))
        self.operations = operations(
            EventTargets(self.records),
            KinesisTransport(self.stream, "events"),
            self.catalog,
            clock=lambda: NOW,
        )
        self.tracker = ""

    def create(self) -> str:
        """A group with Interactions, Items and a tracker. Returns the tracking ID."""
        group = shop.group(self.here)
        number = len(self.here.workflows.started)
        for dataset_type in ("Interactions", "Items"):
            name = f"{dataset_type}-{self.here.clock.now}-{number}"
            shop.dataset(self.here, group, dataset_type, shop.schema(self.here, dataset_type, name))
        made = self.here.call("CreateEventTracker", name="t", datasetGroupArn=group)
        self.tracker = made["eventTrackerArn"]
        return str(made["trackingId"])

    @property
    def group(self) -> str:
        return self.here.control.ports.scope.arn("dataset-group/films")

    def dataset(self, dataset_type: str) -> str:
        return self.here.control.ports.scope.arn(f"dataset/films/{dataset_type}")

    def send(self, tracking_id: str, event_id: str, user: str = "ann") -> None:
        event = {"eventId": event_id, "eventType": "view", "itemId": event_id, "sentAt": NOW}
        self.operations["PutEvents"](
            {"trackingId": tracking_id, "userId": user, "sessionId": "s", "eventList": [event]}
        )

    def put(self, item: str) -> None:
        entry = {"itemId": item, "properties": '{"price": 1, "seen": true}'}
        self.operations["PutItems"]({"datasetArn": self.dataset("ITEMS"), "items": [entry]})

    def delete(self, *arns: str) -> None:
        for arn in arns:
            name = {"dataset": "Dataset", "dataset-group": "DatasetGroup"}[arn.split(":")[5].split("/")[0]]
            self.here.call(f"Delete{name}", **{f"{name[0].lower()}{name[1:]}Arn": arn})
            assert self.on.run("delete", {"arn": arn})

    def delete_all(self) -> None:
        self.here.call("DeleteEventTracker", eventTrackerArn=self.tracker)
        self.delete(self.dataset("INTERACTIONS"), self.dataset("ITEMS"), self.group)

    def arrive(self) -> None:
        """Everything that is on its way arrives: stream, dead-letter queue and buffer of the delivery."""
        self.pipeline.replay()
        self.pipeline.consume()
        self.pipeline.deliver()

    # --- what customers and trainings see ---

    def exported(self, dataset_type: str = "INTERACTIONS") -> list[str]:
        request = {"jobName": f"e-{self.on.executions}", "roleArn": shop.ROLE, "jobOutput": OUT}
        made = self.here.call("CreateDatasetExportJob", datasetArn=self.dataset(dataset_type), **request)
        assert self.on.run("export", {"datasetExportJobArn": made["datasetExportJobArn"]})
        body = self.on.s3.get_object(Bucket="out", Key=f"{request['jobName']}.csv")["Body"].read().decode()
        return sorted(
            line.split(",")[1 if dataset_type == "INTERACTIONS" else 0] for line in body.split()[1:]
        )

    def live(self, user: str = "ann") -> list[str]:
        """The items of a user's live events, as a campaign of the group reads them."""
        return sorted(str(one.item) for one in self.query(user).past_live)

    def query(self, user: str) -> LiveQuery:
        return LiveQuery(self.records, self.profiles, self.group, user)

    def trained_on(self) -> list[str]:
        """The keys of data that a training reads now."""
        solution = shop.solution(self.here, self.group, f"s-{self.on.executions}")
        version = shop.version(self.here, solution)
        assert self.on.run("train", {"solutionVersionArn": version})
        (key,) = [
            one
            for one, _ in self.on.lake.objects("groups/")
            if one.endswith("data.manifest") and f"/{solution.rpartition('/')[2]}/" in one
        ]
        return [str(one) for one in json.loads(self.on.lake.read(key))[1:]]


class LiveQuery:
    """The live events that a request of a campaign of a group reads."""

    def __init__(self, records: ResourceTable, profiles: Profiles, group: str, user: str) -> None:
        from tastemaker import recipes
        from tastemaker.serving.endpoints import Endpoint

        recipe = recipes.by_arn(shop.RECIPE)
        endpoint = Endpoint("campaign", "version", group, recipe, "", {})
        runtime = Runtime(RecordCache(records), OpenBundles(), profiles)
        self.storage = Query(runtime, endpoint, user).storage
        self.past_live = profiles.newest(self.storage("INTERACTIONS").event_group, user)


@pytest.fixture
def films(assembly: Assembly, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    bundle = write_bundle(tmp_path / "bundle", "popularity")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with account(definitions_of(assembly.templates["local"]), bundle, monkeypatch) as on:
        on.s3.put_object(Bucket="data", Key="films.csv", Body=CSV.encode())
        yield Shop(on)


def import_rows(films: Shop) -> None:
    job = shop.import_job(films.here, films.dataset("INTERACTIONS"), "first")
    assert films.on.run("import", {"datasetImportJobArn": job})


def test_late_events_of_a_deleted_group_reach_nothing_of_the_next_one(films: Shop) -> None:
    old = films.create()
    import_rows(films)
    for number in range(20):
        films.send(old, f"old-{number}")  # in the stream, the stream function has not run
    films.put("old-item")
    films.delete_all()
    new = films.create()
    import_rows(films)
    films.arrive()
    films.send(new, "new-1")
    films.put("new-item")
    films.arrive()

    assert films.live() == ["new-1"]
    assert films.exported() == ["new-1"]
    assert films.exported("ITEMS") == ["new-item"]
    keys = films.trained_on()
    events = shop.storage(films.here, films.group).events
    streamed = [key for key in keys if "/events/" in key]
    assert streamed and all(key.startswith(events) for key in streamed)
    read = (films.on.s3.get_object(Bucket="lake", Key=key)["Body"].read() for key in keys)
    assert not any(b"old-" in data for data in read)


def test_batch_of_the_dead_letter_queue_is_replayed_into_the_group_that_it_came_from(films: Shop) -> None:
    old = films.create()
    films.send(old, "old")
    films.pipeline.run = fail
    films.pipeline.consume()
    assert len(films.pipeline.dead_letters) == 1
    films.delete_all()
    films.create()
    films.pipeline.run = lambda step: step()
    films.arrive()
    assert films.live() == [] and films.exported() == []


def fail(step: Any) -> Any:
    raise ConnectionError("the table is down")


def test_dataset_that_is_created_again_in_its_group_has_no_event_of_the_deleted_one(films: Shop) -> None:
    tracker = films.create()
    films.send(tracker, "before")
    films.pipeline.consume()
    assert films.live() == ["before"]
    films.send(tracker, "in-flight")
    films.delete(films.dataset("INTERACTIONS"))
    with pytest.raises(InvalidInput, match="no Interactions dataset"):
        films.send(tracker, "lost")  # although the target is in the cache of the function
    shop.dataset(films.here, films.group, schema_arn=shop.schema(films.here, name="again"))
    films.send(tracker, "after")
    films.arrive()
    assert films.live() == ["after"] and films.exported() == ["after"]


def test_upsert_right_after_a_dataset_is_created_again_is_in_the_new_one(films: Shop) -> None:
    films.create()
    films.put("old")
    old = shop.storage(films.here, films.group, "ITEMS")
    films.delete(films.dataset("ITEMS"))
    films.catalog.put(old, [("late", {})])  # a function that was slow
    shop.dataset(films.here, films.group, "Items", shop.schema(films.here, "Items", "again"))
    films.put("new")
    new = shop.storage(films.here, films.group, "ITEMS")
    assert new.catalog != old.catalog
    dynamodb = films.on.dynamodb
    assert [name for name, *_ in all_upserts(dynamodb, "catalog", new.catalog)] == ["new"]
    assert [name for name, *_ in upserts_since(dynamodb, "catalog", new.catalog, 0.0)] == ["new"]
    upserts = CatalogUpserts(dynamodb, "catalog")
    assert upserts.user(films.query("ann").storage("ITEMS").catalog, "late") is None
    assert films.exported("ITEMS") == ["new"]


def test_import_of_a_stopped_execution_writes_nothing_into_the_next_dataset(films: Shop) -> None:
    films.create()
    job = shop.import_job(films.here, films.dataset("INTERACTIONS"), "first")
    steps, request = WorkflowSteps(films.here.control), {"datasetImportJobArn": job}
    plan = steps.begin("import", request, "stopped")
    steps.fail("import", request, plan, {"Cause": "stopped by hand"}, "stopped")
    films.delete_all()
    films.create()
    import_rows(films)
    films.on.lake.write(f"{plan['destination']}part-00009.parquet", "of a function that still ran")
    prefix = films.here.control.records.find_any(films.dataset("INTERACTIONS")).body["_imports"][0]["prefix"]
    assert prefix != plan["destination"]
    assert all("part-00009" not in key for key, _ in films.on.lake.objects(prefix))


def test_events_of_a_dataset_from_before_data_ids_stay_readable(films: Shop) -> None:
    tracker = films.create()
    without_data_ids(films)
    old: StreamedEvent = {
        "eventId": "older",
        "userId": "ann",
        "sessionId": "s",
        "itemId": "older",
        "eventType": "view",
        "sentAt": NOW - 5,
        "datasetGroup": "films",
    }
    films.stream.put_records(
        StreamName="events", Records=[{"Data": json.dumps(old).encode(), "PartitionKey": "ann"}]
    )
    films.send(tracker, "newer")
    films.on.lake.write("groups/films/marker", "")
    films.arrive()
    assert films.live() == ["newer", "older"] and films.exported() == ["newer", "older"]
    films.put("item")
    assert [name for name, *_ in all_upserts(films.on.dynamodb, "catalog", films.dataset("ITEMS"))] == [
        "item"
    ]
    films.delete_all()
    assert [key for key, _ in films.on.lake.objects("groups/films/")] == []
    assert films.on.dynamodb.scan(TableName="profiles")["Count"] == 0


def without_data_ids(films: Shop) -> None:
    """Make the records what an earlier release stored."""
    table = films.records
    for arn in (films.group, films.dataset("INTERACTIONS"), films.dataset("ITEMS")):
        record = table.get(arn)
        assert record is not None
        table.update(record.with_(_dataId=None))
        table.client.delete_item(TableName=table.table, Key={"arn": {"S": f"data-id/{arn}"}})
