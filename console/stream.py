"""Events as they arrive: what the stream has, what the service refused, and what could not be stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from console.api import Api
from tastemaker.contracts.api_endpoint import stack_name

SHOWN = 25
READ = 500
"""The records that a page reads of one shard."""
MAX_SHARDS = 8
BACK = timedelta(hours=1)
REJECTED = "failed/events/rejected/"
"""Where the stream function puts what it cannot store (`tastemaker.contracts.lake_layout`)."""


@dataclass(frozen=True)
class Event:
    """An event that the service has accepted. `data` is as in the stream; `arrived` is when it got there."""

    data: Mapping[str, Any]
    arrived: datetime

    @property
    def user(self) -> str:
        """Whom the event is about: the user, or the session."""
        return str(self.data.get("userId") or self.data.get("sessionId") or "")


@dataclass(frozen=True)
class Refusal:
    """A request that was refused, or an event that could not be stored."""

    time: datetime
    operation: str
    code: str
    reason: str = ""


def accepted(api: Api, stage: str, group: str) -> list[Event] | None:
    """The newest events of a dataset group in the last hour; None if there is no stream to read."""
    try:
        names = api.call("kinesis", "ListStreams")["StreamNames"]
        stream = next((name for name in names if name.startswith(f"{stack_name(stage)}-")), None)
        if stream is None:
            return None
        shards = api.call("kinesis", "ListShards", StreamName=stream)["Shards"][:MAX_SHARDS]
        records = [record for shard in shards for record in _records(api, stream, shard["ShardId"])]
    except (ClientError, BotoCoreError):
        return None
    events = [Event(json.loads(one["Data"]), one["ApproximateArrivalTimestamp"]) for one in records]
    own = [one for one in events if str(one.data.get("datasetGroup", "")).partition(".")[0] == group]
    return sorted(own, key=lambda one: one.arrived, reverse=True)[:SHOWN]


def _records(api: Api, stream: str, shard: str) -> list[dict[str, Any]]:
    iterator = api.call(
        "kinesis",
        "GetShardIterator",
        StreamName=stream,
        ShardId=shard,
        ShardIteratorType="AT_TIMESTAMP",
        Timestamp=datetime.now(UTC) - BACK,
    )["ShardIterator"]
    found: list[dict[str, Any]] = api.call("kinesis", "GetRecords", ShardIterator=iterator, Limit=READ)[
        "Records"
    ]
    return found


def refused(api: Api, stage: str) -> list[Refusal]:
    """The newest refused requests of the last hour, from the log, which has reasons at DEBUG only."""
    since = datetime.now(UTC) - BACK
    try:
        events = api.call(
            "logs",
            "FilterLogEvents",
            logGroupName=f"/aws/lambda/tastemaker-{stage}-events",
            filterPattern='"refused"',
            startTime=int(since.timestamp() * 1000),
            limit=SHOWN,
        )["events"]
    except (ClientError, BotoCoreError):
        return []
    found = []
    for event in events:
        try:
            line = json.loads(event["message"])
        except ValueError:
            continue
        if line.get("message") == "refused":
            time = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
            found.append(
                Refusal(time, line.get("operation", ""), line.get("code", ""), line.get("reason", ""))
            )
    return found[::-1]


def rejected(api: Api, bucket: str | None) -> list[Refusal]:
    """Events of today that were accepted but could not be stored, with the reason."""
    if bucket is None:
        return []
    day = f"{datetime.now(UTC):%Y/%m/%d}"
    try:
        listed = api.call("s3", "ListObjectsV2", Bucket=bucket, Prefix=f"{REJECTED}{day}/", MaxKeys=SHOWN)
        return [
            Refusal(one["LastModified"], "stream", "rejected", _reason(api, bucket, one["Key"]))
            for one in listed.get("Contents", ())[:5]
        ]
    except (ClientError, BotoCoreError):
        return []


def _reason(api: Api, bucket: str, key: str) -> str:
    body = api.call("s3", "GetObject", Bucket=bucket, Key=key)["Body"].read()
    return str(json.loads(body).get("reason", ""))


def lake_bucket(api: Api, stage: str) -> str | None:
    """The bucket with datasets and events; None if the caller may not list buckets."""
    try:
        buckets = api.call("s3", "ListBuckets")["Buckets"]
    except (ClientError, BotoCoreError):
        return None
    prefix = f"{stack_name(stage)}-lakebucket"
    return next((one["Name"] for one in buckets if one["Name"].startswith(prefix)), None)


def delivered(api: Api, bucket: str | None, event_group: str) -> datetime | None:
    """When the last file of today's events arrived in the lake. Firehose writes one after some minutes."""
    if bucket is None or not event_group:
        return None
    prefix = f"groups/{event_group}/events/{datetime.now(UTC):%Y/%m/%d}/"
    try:
        listed = api.call("s3", "ListObjectsV2", Bucket=bucket, Prefix=prefix)
    except (ClientError, BotoCoreError):
        return None
    return max((one["LastModified"] for one in listed.get("Contents", ())), default=None)
