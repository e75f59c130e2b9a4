"""`make replay` puts the records of failed batches back into the stream and loses none."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deployment.command import CommandError, Console
from deployment.replay import MAX_BYTES, _parts, put, replay
from local.streams.failure_destination import object_key

BUCKET, STREAM = "lake", "events"


def batch(*events: dict[str, Any]) -> bytes:
    """What Lambda writes: the event that it called the function with is text in `payload`."""
    records = [
        {
            "kinesis": {
                "data": base64.b64encode(json.dumps(event).encode()).decode(),
                "partitionKey": event["userId"],
            }
        }
        for event in events
    ]
    document = {"KinesisBatchInfo": {"batchSize": len(records)}, "payload": json.dumps({"Records": records})}
    return json.dumps(document).encode()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Any]]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        kinesis = boto3.client("kinesis", region_name="us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        kinesis.create_stream(StreamName=STREAM, ShardCount=1)
        yield s3, kinesis


def streamed(kinesis: Any) -> list[dict[str, Any]]:
    (shard,) = kinesis.list_shards(StreamName=STREAM)["Shards"]
    iterator = kinesis.get_shard_iterator(
        StreamName=STREAM, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    return [json.loads(one["Data"]) for one in kinesis.get_records(ShardIterator=iterator)["Records"]]


def test_failed_batch_is_sent_again_and_deleted(aws: tuple[Any, Any]) -> None:
    s3, kinesis = aws
    events = [{"userId": "ann", "eventId": "1"}, {"userId": "bob", "eventId": "2"}]
    s3.put_object(Bucket=BUCKET, Key=object_key("mapping", "shard-0"), Body=batch(*events))
    s3.put_object(Bucket=BUCKET, Key="groups/films/other", Body=b"stays")
    assert replay(s3, kinesis, BUCKET, STREAM, Console()) == (2, 0)
    assert streamed(kinesis) == events
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["groups/films/other"]
    assert replay(s3, kinesis, BUCKET, STREAM, Console()) == (0, 0)


def test_object_without_records_is_left(aws: tuple[Any, Any]) -> None:
    s3, kinesis = aws
    s3.put_object(Bucket=BUCKET, Key="aws/lambda/m/s/x", Body=b'{"KinesisBatchInfo": {}}')
    assert replay(s3, kinesis, BUCKET, STREAM, Console()) == (0, 1)
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1


class Throttled:
    """A stream that takes only the first record of each call."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def put_records(self, *, StreamName: str, Records: list[Any]) -> dict[str, Any]:  # noqa: N803
        self.taken.append(Records[0]["PartitionKey"])
        results = [{}, *[{"ErrorCode": "ProvisionedThroughputExceededException"}] * (len(Records) - 1)]
        return {"FailedRecordCount": len(Records) - 1, "Records": results}


def record(user: str) -> dict[str, str]:
    return {"data": base64.b64encode(b"{}").decode(), "partitionKey": user}


def test_records_that_the_stream_does_not_take_are_tried_again() -> None:
    stream = Throttled()
    put(stream, STREAM, [record(user) for user in "abc"], sleep=lambda _: None)
    assert stream.taken == ["a", "b", "c"]


def test_batch_that_the_stream_does_not_take_is_an_error() -> None:
    with pytest.raises(CommandError, match="did not take"):
        put(Throttled(), STREAM, [record(str(number)) for number in range(20)], sleep=lambda _: None)


def test_call_of_put_records_stays_within_its_limits() -> None:
    entries = [{"Data": b"x" * 1_000_000, "PartitionKey": "k"}] * 9
    parts = list(_parts(entries))
    assert [entry for part in parts for entry in part] == entries
    assert all(sum(len(entry["Data"]) for entry in part) <= MAX_BYTES for part in parts)
    assert [len(part) for part in _parts([{"Data": b"x", "PartitionKey": "k"}] * 501)] == [500, 1]
