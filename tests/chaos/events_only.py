"""Many events under faults, without jobs. A table and a bucket in memory replace moto, which is slow.

The events function, the stream function, the stores, the export and the training's reader are the real ones.
"""

from __future__ import annotations

import io
from bisect import insort
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from lambdas.events.catalog import Catalog
from lambdas.events.direct import DirectTransport
from lambdas.events.kinesis import KinesisTransport
from lambdas.events.operations import EventTransport, operations
from lambdas.events.targets import EventTargets
from lambdas.exporting.export import Export
from lambdas.stores.lake import LakeBucket
from lambdas.stores.profile_writer import ProfileWriter
from lambdas.stores.profiles import Profiles
from lambdas.stores.rejected_events import RejectedEvents
from tastemaker.control.workflows.steps import WorkflowSteps
from tests.chaos import checks
from tests.chaos.faults import Faults
from tests.chaos.pipeline import PROFILE_DAYS, EventPipeline
from tests.chaos.scenario import START, LossyStream
from tests.chaos.traffic import Traffic
from tests.infrastructure.machine import Killed
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world

EVENTS_PER_DELIVERY = 5_000
COLUMNS = ("USER_ID", "ITEM_ID")


class MemoryTable:
    """The profiles table: the methods of DynamoDB's client that its stores call."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._items: dict[str, dict[str, Any]] = {}
        self._order: dict[str, list[str]] = {}

    def batch_write_item(self, **request: Any) -> Any:
        return self._faults.call("dynamodb", "BatchWriteItem", request, self._write)

    def _write(self, request: dict[str, Any]) -> dict[str, Any]:
        ((_, requests),) = request["RequestItems"].items()
        assert len(requests) <= 25
        for one in requests:
            item = one["PutRequest"]["Item"]
            profile, event = item["profile"]["S"], item["event"]["S"]
            rows = self._items.setdefault(profile, {})
            if event not in rows:
                insort(self._order.setdefault(profile, []), event)
            rows[event] = item
        return {"UnprocessedItems": {}}

    def query(self, **request: Any) -> Any:
        return self._faults.call("dynamodb", "Query", request, self._query)

    def _query(self, request: dict[str, Any]) -> dict[str, Any]:
        profile = request["ExpressionAttributeValues"][":profile"]["S"]
        newest = self._order.get(profile, [])[::-1][: request["Limit"]]
        return {"Items": [self._items[profile][event] for event in newest]}


class MemoryBucket:
    """The lake: the methods of S3's client that its stores call."""

    exceptions = SimpleNamespace(NoSuchKey=KeyError)

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._objects: dict[str, bytes] = {}

    def put_object(self, **request: Any) -> Any:
        def perform(given: dict[str, Any]) -> dict[str, Any]:
            self._objects[given["Key"]] = bytes(given["Body"])
            return {}

        return self._faults.call("s3", "PutObject", request, perform)

    def get_object(self, **request: Any) -> Any:
        return {"Body": io.BytesIO(self._objects[request["Key"]])}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_objects_v2"
        return SimpleNamespace(paginate=self._pages)

    def _pages(self, *, Bucket: str, Prefix: str, StartAfter: str = "") -> Iterator[dict[str, Any]]:  # noqa: N803
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        keys = sorted(key for key in self._objects if key.startswith(Prefix) and key > StartAfter)
        yield {"Contents": [{"Key": k, "LastModified": moment, "Size": len(self._objects[k])} for k in keys]}


class LossyDelivery(LossyStream):
    """A Firehose stream that programs write to: throttled and lossy as the Kinesis stream is."""

    def put_record_batch(self, *, DeliveryStreamName: str, Records: Any) -> dict[str, Any]:  # noqa: N803
        records = [{**one, "PartitionKey": ""} for one in Records]
        answer = self.put_records(StreamName=DeliveryStreamName, Records=records)
        return {"FailedPutCount": answer["FailedRecordCount"], "RequestResponses": answer["Records"]}


def run(
    events: int,
    *,
    seed: int,
    rate: float,
    users: int,
    folder: Path,
    transport: str = "kinesis",
    say: Callable[[str], None] = lambda text: None,
) -> str:
    """Send events while everything fails, and count them everywhere. Raises AssertionError if they differ."""
    random = Random(seed)
    faults = Faults(random)
    table, bucket = MemoryTable(faults), LakeBucket(MemoryBucket(faults), "lake")
    here = world()
    control = here.control.with_ports(lake=bucket)
    group = shop.group(here)
    for dataset_type in ("Interactions", "Action_Interactions"):
        shop.dataset(here, group, dataset_type)
    tracker = here.call("CreateEventTracker", name="t", datasetGroupArn=group)["trackingId"]
    storages = shop.storage(here, group), shop.storage(here, group, "ACTION_INTERACTIONS")
    actions = here.control.records.find_any(storages[1].dataset_arn).body["trackingId"]

    def in_process(step: Callable[[], Any]) -> Any:
        with faults.process():
            return step()

    stream = LossyDelivery(refuses=lambda: random.random() < faults.rate, faults=faults)
    pipeline = EventPipeline(
        stream, ProfileWriter(table, "profiles", sleep=lambda _: None), bucket, in_process
    )

    def connected() -> EventTransport:
        if transport == "kinesis":
            return KinesisTransport(stream, "events", lambda _: None)
        writer = ProfileWriter(table, "profiles", sleep=lambda _: None)
        rejected = RejectedEvents(bucket)
        return DirectTransport(
            stream, "events", writer, rejected, profile_days=PROFILE_DAYS, sleep=lambda _: None
        )

    def function() -> Any:
        """A new process of the events function."""
        return operations(
            EventTargets(here.control.ports.repository),
            connected(),
            Catalog(table, "catalog"),
            clock=lambda: float(START + 10_000_000),
        )

    current = [function()]

    def send(operation: str, request: dict[str, Any]) -> None:
        try:
            in_process(lambda: current[0][operation](request))
        except Killed:
            current[0] = function()
            raise

    traffic = Traffic(random, send, (tracker, actions), START, users=users)
    faults.rate = rate
    while traffic.sent.count < events:
        traffic.events(min(EVENTS_PER_DELIVERY, events - traffic.sent.count))
        if transport == "kinesis":
            pipeline.consume()
            pipeline.replay()
        pipeline.deliver()
        say(f"{traffic.sent.count:,} of {events:,} events acknowledged")
    while True:
        with suppress(Killed):
            if transport == "kinesis":
                pipeline.consume()
            pipeline.deliver()
            if not pipeline.dead_letters:
                break
            pipeline.replay()
    faults.rate = 0.0
    return _counted(here, control, group, traffic, pipeline, faults, (table, bucket), storages, folder)


def _counted(
    here: Any,
    control: Any,
    group: str,
    traffic: Traffic,
    pipeline: EventPipeline,
    faults: Faults,
    stores: tuple[MemoryTable, LakeBucket],
    storages: Any,
    folder: Path,
) -> str:
    table, bucket = stores
    sent, steps = traffic.sent, WorkflowSteps(control)
    export = here.call(
        "CreateDatasetExportJob",
        jobName="e",
        datasetArn=storages[0].dataset_arn,
        roleArn=shop.ROLE,
        jobOutput={"s3DataDestination": {"path": "s3://out/"}},
    )["datasetExportJobArn"]
    plan: Any = steps.begin("export", {"datasetExportJobArn": export}, "e")
    version = shop.version(here, shop.solution(here, group))
    steps.begin("train", {"solutionVersionArn": version}, "t")
    home = shop.folder(here, group).training("for-you", version.rpartition("/")[2])
    rows = ((str(row[0]), str(row[1])) for row in Export(plan, COLUMNS, bucket, lambda _: []).rows())
    found = {
        "acknowledged": sent.count,
        "profile": checks.profiles(sent, Profiles(table, "profiles"), *storages),
        "lake": checks.lake(sent, bucket, *storages),
        "export": checks.export(sent, [], rows),
        "training": checks.training(sent, [], bucket, home, folder / "training"),
    }
    kinds = ", ".join(f"{name} {count:,}" for name, count in sorted(faults.done.items()))
    return (
        f"events: {', '.join(f'{name} {count:,}' for name, count in found.items())}\n"
        f"requests: {traffic.requests:,}, and {traffic.repeats:,} repeated\n"
        f"faults: {faults.done.total():,} ({kinds}); {pipeline.retries:,} batches were tried again\n"
        "none lost, none duplicated"
    )
