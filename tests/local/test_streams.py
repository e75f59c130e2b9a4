"""The event stream's two readers: a function, and the lake."""

from __future__ import annotations

import io
import json
import time

import pyarrow.parquet as pq
import pytest

from local.streams.firehose import DeliveryError, evaluate_prefix, partition_keys
from tests.local.conftest import unique, until


@pytest.fixture
def put(local, stream):
    """Put bodies into the stream under one partition key."""
    kinesis = local.client("kinesis")

    def records(*bodies, key="user"):
        entries = [{"Data": json.dumps(body).encode(), "PartitionKey": key} for body in bodies]
        kinesis.put_records(StreamName=stream, Records=entries)

    return records


@pytest.fixture
def stored(local):
    """The item that the consumer wrote for an id, as soon as it is there."""
    dynamodb = local.client("dynamodb")

    def item(name):
        found = until(
            lambda: dynamodb.get_item(TableName="tiny-own", Key={"id": {"S": f"event-{name}"}}),
            lambda it: "Item" in it,
        )
        return found["Item"]

    return item


def body(name, **more):
    return {"id": name, "datasetGroup": "shop", "userId": "u", **more}


def test_records_of_a_key_come_in_order_and_in_batches(put, stored):
    names = [unique("ordered") for _ in range(30)]
    put(*[body(name) for name in names], key="one")
    items = [stored(name) for name in names]
    numbers = [int(item["event"]["S"].rsplit(":", 1)[-1]) for item in items]
    assert numbers == sorted(numbers)
    times = [float(item["at"]["S"]) for item in items]
    assert times == sorted(times)
    assert 1 < max(int(item["batch"]["N"]) for item in items) <= 10


def test_a_poisonous_record_is_given_up_alone_and_the_rest_goes_on(put, stored, local):
    before, after = unique("before"), unique("after")
    put(body(before), body("bad", poison=True), body(after), key="poisoned")
    assert stored(before)
    assert stored(after)
    sqs = local.client("sqs")
    url = sqs.list_queues()["QueueUrls"][0]
    [message] = until(lambda: sqs.receive_message(QueueUrl=url).get("Messages", []), bool)
    document = json.loads(message["Body"])
    info = document["KinesisBatchInfo"]
    assert info["batchSize"] == 1
    assert info["startSequenceNumber"] == info["endSequenceNumber"]
    assert info["streamArn"].startswith("arn:aws:kinesis:us-east-1:123456789012:stream/")
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert document["requestContext"]["approximateInvokeCount"] == 2  # the call and its one retry
    assert document["version"] == "1.0"


def test_events_reach_the_lake_as_parquet_by_group(put, local, lake):
    first, second = unique("group"), unique("group")
    put(
        body("1", datasetGroup=first, value="1.5", sentAt=7),
        body("2", datasetGroup=second),
        body("3", datasetGroup=first, USERID="upper", userId=None),
    )
    local.flush()
    s3 = local.client("s3")
    rows = {}
    for group in (first, second):
        day = time.strftime("%Y/%m/%d", time.gmtime())
        keys = [
            item["Key"]
            for item in s3.list_objects_v2(Bucket=lake, Prefix=f"groups/{group}/events/{day}/")["Contents"]
        ]
        assert all(key.endswith(".parquet") for key in keys)
        tables = [
            pq.read_table(io.BytesIO(s3.get_object(Bucket=lake, Key=key)["Body"].read())) for key in keys
        ]
        rows[group] = [row for table in tables for row in table.to_pylist()]
        assert str(tables[0].schema.field("sentat").type) == "int64"
    assert rows[second] == [{"userid": "u", "value": None, "sentat": None, "datasetgroup": second}]
    assert {"userid": "u", "value": 1.5, "sentat": 7, "datasetgroup": first} in rows[first]


def test_records_that_are_no_rows_are_kept_apart(local, stream, lake):
    record = {"Data": json.dumps({"id": unique("odd"), "userId": "no group"}).encode(), "PartitionKey": "k"}
    local.client("kinesis").put_record(StreamName=stream, **record)
    local.flush()
    s3 = local.client("s3")
    keys = s3.list_objects_v2(Bucket=lake, Prefix="failed/format-conversion-failed/")["Contents"]
    texts = [s3.get_object(Bucket=lake, Key=item["Key"])["Body"].read() for item in keys]
    assert any(
        "partitionKeys value of datasetGroup" in json.loads(text.splitlines()[0])["errorMessage"]
        for text in texts
    )


def test_flush_over_http(local):
    import urllib.request

    with urllib.request.urlopen(
        urllib.request.Request(f"{local.endpoint}/_local/flush", method="POST")
    ) as answer:
        assert "records" in json.loads(answer.read())


def test_partition_keys_are_evaluated_by_jq():
    keys = partition_keys('{group: (.group | split("/")[0]), day: .a.b}')
    assert keys({"group": "films/x", "a": {"b": 7}}) == {"group": "films", "day": "7"}
    with pytest.raises(ValueError, match="must not be null"):
        keys({"group": "films"})
    with pytest.raises(ValueError, match="has a slash"):
        keys({"group": "films", "a": {"b": "x/y"}})
    with pytest.raises(DeliveryError, match="is not JQ"):
        partition_keys("{day: .at | }")


def test_prefixes():
    at = 1_767_312_000.0  # 2026-01-02
    assert (
        evaluate_prefix("a/!{timestamp:yyyy/MM/dd}/!{partitionKeyFromQuery:g}/", {"g": "x"}, at)
        == "a/2026/01/02/x/"
    )
    with pytest.raises(DeliveryError, match="partitionKeyFromLambda"):
        evaluate_prefix("!{partitionKeyFromLambda:g}", {}, at)
