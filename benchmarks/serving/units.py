"""What one request and one event use of what AWS bills: CPU time, DynamoDB units, bytes.

    python -m benchmarks.serving.units [--items 10000] [--events 50] [--times 50] [--write FILE]

The handlers of the functions run in this process against tables, a stream and a bucket of moto; its share of
the CPU time is subtracted. DynamoDB units follow from the sizes of the items that each call reads and writes,
by the service's published rules: 4 KB per read unit, half of one for an eventually consistent read, and 1 KB
per write unit. `--write` stores the figures for `make cost`.
"""

from __future__ import annotations

import argparse
import base64
import importlib
import io
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any

from benchmarks.serving.meter import Meter, Used

REGION = "us-east-1"
PREFIX = f"arn:aws:personalize:{REGION}:123456789012:"
GROUP = f"{PREFIX}dataset-group/shop"
RECIPES = {"plain": "aws-user-personalization-v2", "exploring": "aws-user-personalization"}
ENVIRONMENT = {
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "TASTEMAKER_RESOURCES_TABLE": "resources",
    "TASTEMAKER_PROFILES_TABLE": "profiles",
    "TASTEMAKER_CATALOG_TABLE": "catalog",
    "TASTEMAKER_RECOMMENDATIONS_TABLE": "recommendations",
    "TASTEMAKER_EVENT_STREAM": "events",
    "TASTEMAKER_LAKE_BUCKET": "lake",
    # Decisions by IAM are cached for a caller; their calls are no part of an average request.
    "TASTEMAKER_AUTHORIZATION": "off",
    "POWERTOOLS_METRICS_NAMESPACE": "tastemaker",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
TABLES = {
    "resources": ["arn"],
    "profiles": ["profile", "event"],
    "catalog": ["dataset", "id"],
    "recommendations": ["version", "key"],
}
BATCH = 100
"""Events in the larger of the two batches that the stream function gets."""


@dataclass(frozen=True)
class Figures:
    """One call's medians. `response_bytes` is the body of the answer.

    `log_bytes` is what the function logs, and `metrics` how many CloudWatch metrics it logs values for.
    """

    cpu_ms: float
    read_units: float
    write_units: float
    calls: float
    response_bytes: int = 0
    record_bytes: int = 0
    log_bytes: int = 0
    metrics: int = 0

    def as_json(self) -> dict[str, float]:
        return {
            "cpuMs": round(self.cpu_ms, 3),
            "readUnits": self.read_units,
            "writeUnits": self.write_units,
            "awsCalls": self.calls,
            "responseBytes": self.response_bytes,
            "recordBytes": self.record_bytes,
            "logBytes": self.log_bytes,
            "customMetrics": self.metrics,
        }


def metrics_in(log: str) -> set[tuple[str, ...]]:
    """The metrics, with their dimensions, in lines of CloudWatch's embedded metric format."""
    return {one for line in log.splitlines() if '"_aws"' in line for one in _metrics(json.loads(line))}


def _metrics(line: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for dimensions in directive["Dimensions"]:
            values = [f"{name}={line[name]}" for name in sorted(dimensions)]
            for metric in directive["Metrics"]:
                yield directive["Namespace"], metric["Name"], *values


def measure(meter: Meter, log: io.StringIO, call: Callable[[], Mapping[str, Any]], times: int) -> Figures:
    """The medians of `times` calls, after three that warm up. `log` gets what the functions print."""
    rows, metrics = [], set[tuple[str, ...]]()
    for number in range(times + 3):
        meter.used = Used()
        log.seek(0)
        log.truncate()
        began = thread_time()
        answer = call()
        seconds = thread_time() - began - meter.used.moto_seconds
        used = meter.used
        body = len(str(answer.get("body") or "").encode())
        if number >= 3:
            record = round(median(used.record_bytes)) if used.record_bytes else 0
            written = len(log.getvalue().encode())
            metrics |= metrics_in(log.getvalue())
            rows.append(
                (1000 * seconds, used.read_units, used.write_units, used.calls, body, record, written)
            )
    cpu, reads, writes, calls, *sizes = (median(column) for column in zip(*rows, strict=True))
    body, record, written = map(round, sizes)
    return Figures(cpu, reads, writes, calls, body, record, written, len(metrics))


class Shop:
    """Handlers as in a warm function, with one dataset group, two campaigns and a user with live events."""

    def __init__(self, folder: Path, items: int, events: int) -> None:
        import boto3

        from benchmarks.serving.handler import bundle
        from lambdas.stores.records import ResourceTable
        from lambdas.support import clients

        self.dynamodb = boto3.client("dynamodb")
        for table, keys in TABLES.items():
            self.dynamodb.create_table(
                TableName=table,
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind}
                    for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                BillingMode="PAY_PER_REQUEST",
            )
        boto3.client("kinesis").create_stream(StreamName="events", ShardCount=1)
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="lake")
        path = bundle(folder / "bundle", items)
        for file in (file for file in path.rglob("*") if file.is_file()):
            s3.upload_file(str(file), "lake", f"models/{file.relative_to(path).as_posix()}")
        self._fill(ResourceTable(self.dynamodb, "resources"))
        session = clients._session()
        self.meter = Meter(session.get_component("event_emitter"), self.dynamodb)
        self.runtime, self.events, self.stream = (
            importlib.import_module(f"lambdas.{name}.handler") for name in ("runtime", "events", "stream")
        )
        self.direct = self._direct_events()
        self._items, self._sent = items, 0
        for _ in range(events):
            self.put_events()
            self.deliver(1)

    @staticmethod
    def _direct_events() -> Any:
        """The handler of the events function as in a stage whose event transport is `direct`."""
        import boto3

        bucket = {"RoleARN": "arn:aws:iam::123456789012:role/r", "BucketARN": "arn:aws:s3:::lake"}
        boto3.client("firehose").create_delivery_stream(
            DeliveryStreamName="delivery", S3DestinationConfiguration=bucket
        )
        os.environ["TASTEMAKER_DELIVERY_STREAM"] = "delivery"
        del sys.modules["lambdas.events.handler"]
        return importlib.import_module("lambdas.events.handler")

    def _fill(self, records: Any) -> None:
        from benchmarks.serving import schemas
        from tastemaker.control.core.records import Record

        for name, recipe in RECIPES.items():
            model = {"recipeArn": f"arn:aws:personalize:::recipe/{recipe}", "datasetGroupArn": GROUP}
            version = f"{PREFIX}solution/{name}/1"
            bundle = {"_bundle": "s3://lake/models/", "status": "ACTIVE", **model}
            records.create(Record(version, "SolutionVersion", bundle))
            records.create(Record(version.rpartition("/")[0], "Solution", {"status": "ACTIVE", **model}))
            serving = {"solutionVersionArn": version, "bundle": "s3://lake/models/", **model}
            body = {"status": "ACTIVE", "_serving": serving, **model}
            records.create(Record(f"{PREFIX}campaign/{name}", "Campaign", body))
        tracker = f"{PREFIX}event-tracker/1"
        body = {"status": "ACTIVE", "datasetGroupArn": GROUP}
        records.create(Record(tracker, "EventTracker", body), aliases={"tracking-id/t": tracker})
        records.create(Record(f"{PREFIX}schema/s", "Schema", {"schema": schemas.INTERACTIONS}))
        dataset = {"datasetType": "INTERACTIONS", "schemaArn": f"{PREFIX}schema/s", **body}
        records.create(Record(f"{PREFIX}dataset/shop/INTERACTIONS", "Dataset", dataset))

    def _post(self, function: Any, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        request = {"rawPath": path, "requestContext": {"http": {"method": "POST"}}, "body": json.dumps(body)}
        answer: Mapping[str, Any] = function.handle(request)
        if answer["statusCode"] != 200:
            raise RuntimeError(f"{path} answered {answer['statusCode']}: {answer['body']}")
        return answer

    def recommend(self, campaign: str) -> Mapping[str, Any]:
        body = {"campaignArn": f"{PREFIX}campaign/{campaign}", "userId": "user", "numResults": 25}
        answer = self._post(self.runtime, "/recommendations", body)
        self.runtime._runtime.impression_log.flush()  # written in the background, but billed
        return answer

    def put_events(self, function: Any = None) -> Mapping[str, Any]:
        """One event with an item, a type and the answer that it follows."""
        self._sent += 1
        event = {
            "eventType": "view",
            "itemId": f"item-{self._sent % self._items:08d}",
            "sentAt": 1_700_000_000 + 60 * self._sent,
            "recommendationId": "RID-00000000-0000-4000-8000-000000000000",
        }
        body = {"trackingId": "t", "sessionId": "session-1", "userId": "user", "eventList": [event]}
        return self._post(function or self.events, "/events", body)

    def deliver(self, count: int) -> Mapping[str, Any]:
        """A batch of `count` new events of other users, or of the user who asks if it is one."""
        self._sent += 1
        records = []
        for number in range(count):
            user = "user" if count == 1 else f"user-{number}"
            content = {
                "eventId": f"00000000-0000-4000-8000-{self._sent:06d}{number:06d}",
                "userId": user,
                "sessionId": "session-1",
                "itemId": f"item-{number:08d}",
                "eventType": "view",
                "sentAt": 1_700_000_000 + 60 * self._sent,
                "recommendationId": "RID-00000000-0000-4000-8000-000000000000",
                "datasetGroup": "shop",
            }
            kinesis = {
                "sequenceNumber": str(number),
                "partitionKey": user,
                "data": base64.b64encode(json.dumps(content).encode()).decode(),
                "approximateArrivalTimestamp": 1_700_000_000.0,
                "kinesisSchemaVersion": "1.0",
            }
            records.append({"eventID": f"shard:{number}", "eventSource": "aws:kinesis", "kinesis": kinesis})
        answer: Mapping[str, Any] = self.stream.handle({"Records": records})
        return answer


def figures(items: int, events: int, times: int) -> dict[str, Any]:
    """All figures, as `deployment/cost/measured.json` stores them."""
    os.environ.update(ENVIRONMENT)
    os.environ.pop("AWS_ENDPOINT_URL", None)
    from moto import mock_aws

    log = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(log), mock_aws():
        shop = Shop(Path(folder), items, events)
        calls: dict[str, tuple[Callable[[], Mapping[str, Any]], int]] = {
            "getRecommendations": (lambda: shop.recommend("plain"), times),
            "getRecommendationsExploring": (lambda: shop.recommend("exploring"), times),
            "putEvents": (shop.put_events, times),
            "putEventsDirect": (lambda: shop.put_events(shop.direct), times),
            "streamCall": (lambda: shop.deliver(1), times),
            "streamBatch": (lambda: shop.deliver(BATCH), max(3, times // 5)),
        }
        found = {name: measure(shop.meter, log, call, count) for name, (call, count) in calls.items()}
    return {
        "command": f"python -m benchmarks.serving.units --items {items} --events {events}",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "items": items,
        "events": events,
        "batch": BATCH,
        "units": {name: one.as_json() for name, one in found.items()},
    }


def main() -> None:
    """Parse the command line, measure, and print the result."""
    parser = argparse.ArgumentParser(description="What one request and one event use of what AWS bills.")
    parser.add_argument("--items", type=int, default=10_000, help="of the synthetic catalog")
    parser.add_argument("--events", type=int, default=50, help="live events of the user who asks")
    parser.add_argument("--times", type=int, default=50, help="calls per median")
    parser.add_argument("--write", type=Path, help="store the figures in this file")
    arguments = parser.parse_args()
    found = figures(arguments.items, arguments.events, arguments.times)
    for name, one in found["units"].items():
        print(
            f"{name:30}{one['cpuMs']:8.2f} CPU ms  {one['readUnits']:6.1f} read units  "
            f"{one['writeUnits']:6.1f} write units  {one['awsCalls']:3.0f} calls  "
            f"answer {one['responseBytes']:,} bytes  record {one['recordBytes']:,} bytes  "
            f"log {one['logBytes']:,} bytes  {one['customMetrics']} metrics"
        )
    if arguments.write:
        # What others measured, such as the time of a training, stays.
        old = json.loads(arguments.write.read_text()) if arguments.write.exists() else {}
        arguments.write.write_text(json.dumps(old | found, indent=2) + "\n")


if __name__ == "__main__":
    main()
