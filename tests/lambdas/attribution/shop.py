"""A shop with a metric attribution: files in the lake, a bucket for reports, and a receiver of figures."""

import io
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lambdas.attribution.events import Events
from lambdas.attribution.imports import Imports
from lambdas.attribution.items import Items
from lambdas.stores.caller_outputs import OutputFolder
from lambdas.stores.lake import LakeBucket
from tastemaker.attribution import Figure
from tastemaker.files import Location
from tests.lambdas.aws import LAKE

NOW = time.time()
QUARTER = int(NOW) // 900 * 900 - 900
HOME = "arn:aws:personalize:eu-west-1:123456789012:campaign/home"
GROUP = "arn:aws:personalize:eu-west-1:123456789012:dataset-group/films"
REPORTS = "reports"
EVENTS = f"groups/films/events/{time.strftime('%Y/%m/%d', time.gmtime(NOW))}/"
METRICS = [
    {"metricName": "views", "eventType": "view", "expression": "SAMPLECOUNT()"},
    {"metricName": "income", "eventType": "buy", "expression": "SUM(Items.PRICE)"},
    {"metricName": "minutes", "eventType": "view", "expression": "SUM(Interactions.EVENT_VALUE)"},
    {"metricName": "depth", "eventType": "view", "expression": "SUM(Interactions.SCROLLED)"},
]


class Killed(BaseException):
    """Ends a run at once, as the end of a process does."""


@dataclass
class Steps:
    """Counts the steps of a run, and ends the run after the step number `last`."""

    done: list[str] = field(default_factory=list)
    last: int | None = None

    def did(self, step: str) -> None:
        self.done.append(step)
        if self.last is not None and len(self.done) > self.last:
            raise Killed(step)


class MortalLake(LakeBucket):
    """A lake whose writes are counted as steps."""

    def __init__(self, client: Any, bucket: str, steps: Steps) -> None:
        super().__init__(client, bucket)
        self.steps = steps

    def write(self, key: str, text: str) -> None:
        super().write(key, text)
        self.steps.did(key)

    def create(self, key: str, text: str) -> bool:
        created = super().create(key, text)
        self.steps.did(key)
        return created


@dataclass
class Taker:
    """A receiver of figures that adds them up as CloudWatch does: what is sent twice counts twice."""

    steps: Steps = field(default_factory=Steps)
    requests: list[list[Figure]] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def send(self, figures: Sequence[Figure]) -> None:
        self.before()
        self.requests.append(list(figures))
        self.steps.did("send")

    @property
    def totals(self) -> dict[tuple[str, str, int], float]:
        """(metric, source, quarter) → Sum, as CloudWatch shows it."""
        found: Counter[tuple[str, str, int]] = Counter()
        for figure in (one for request in self.requests for one in request):
            found[figure.metric, figure.source, figure.time] += figure.total  # type: ignore[assignment]
        return dict(found)


@dataclass
class Shop:
    """The stores of a run. `plan` is what the first step of the workflow returns."""

    s3: Any
    dynamodb: Any
    plan: dict[str, Any]
    taker: Taker = field(default_factory=Taker)
    kept: int = 100

    def lake(self, steps: Steps | None = None) -> LakeBucket:
        return MortalLake(self.s3, LAKE, steps or Steps())

    def items(self) -> Items:
        return Items(self.lake(), self.dynamodb, "catalog", self.plan["items"])

    def store(self, key: str, rows: list[dict[str, Any]]) -> None:
        """Write a file of an import, or of events as Firehose writes it: with names in lower case."""
        if "/events/" in key:
            rows = [{name.lower(): value for name, value in row.items()} for row in rows]
        data = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), data)
        self.s3.put_object(Bucket=LAKE, Key=key, Body=data.getvalue())

    def put(self, item: str, at: float, **properties: Any) -> None:
        """An item that was put by itself."""
        self.dynamodb.put_item(
            TableName="catalog",
            Item={
                "dataset": {"S": self.plan["items"]["catalog"]},
                "id": {"S": item},
                "properties": {"S": json.dumps(properties)},
                "updatedAt": {"N": str(at)},
            },
        )

    def report_events(self, now: float = NOW, steps: Steps | None = None) -> int:
        self.taker.steps = steps or Steps()
        return Events(self.plan, self.lake(steps), self.items(), self.taker, self.kept).report(now)

    def report_import(self, one: dict[str, Any], now: float = NOW, steps: Steps | None = None) -> None:
        self.taker.steps = steps or Steps()
        folder = OutputFolder(self.s3, Location.parse(f"s3://{REPORTS}/attribution/"), identity="the test")
        Imports(self.plan, self.lake(steps), self.items(), self.taker, lambda: folder).report(one, now)

    def reports(self) -> dict[str, str]:
        """Name → text of the reports in the caller's bucket."""
        listed = self.s3.list_objects_v2(Bucket=REPORTS).get("Contents", [])
        return {
            one["Key"]: self.s3.get_object(Bucket=REPORTS, Key=one["Key"])["Body"].read().decode()
            for one in listed
        }


def event(number: int, kind: str = "view", **more: Any) -> dict[str, Any]:
    """A streamed event as Firehose writes it."""
    empty = dict.fromkeys(("itemId", "recommendationId", "eventAttributionSource", "eventValue"))
    return {
        **empty,
        "eventId": f"event-{number}",
        "userId": "u",
        "sessionId": "s",
        "eventType": kind,
        "sentAt": QUARTER + number,
        "properties": "{}",
        **more,
    }


@pytest.fixture
def shop(lake_client: Any, other_tables: Any) -> Shop:
    boto3.client("s3", "eu-west-1").create_bucket(
        Bucket=REPORTS, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    plan = {
        "arn": "arn:aws:personalize:eu-west-1:123456789012:metric-attribution/m",
        "datasetGroupArn": GROUP,
        "createdAt": NOW - 3600,
        "metrics": METRICS,
        "sources": [HOME],
        "folder": "groups/films/attribution/m-1/",
        "events": "groups/films/events/",
        "imports": [],
        "items": {
            "catalog": "items",
            "imports": [{"prefix": "bulk/1/", "at": 10.0}, {"prefix": "bulk/2/", "at": 20.0}],
        },
        "output": f"s3://{REPORTS}/attribution/",
        "kmsKeyArn": None,
        "roleArn": "arn:aws:iam::123456789012:role/reports",
    }
    return Shop(lake_client, other_tables, plan)
