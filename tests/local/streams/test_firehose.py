"""The event stream's two readers: a function, and the lake."""

from __future__ import annotations

import io
import json
import time

import pyarrow.parquet as pq
import pytest

from local.streams.firehose import DeliveryError, evaluate_prefix, partition_keys
from tests.local.conftest import unique
from tests.local.streams.conftest import body


def test_events_are_delivered_as_parquet_by_group_and_day(put, local, lake):
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


def test_records_that_cannot_be_converted_are_stored_with_the_reason(local, stream, lake):
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


def test_flush_can_be_requested_over_http(local):
    import urllib.request

    with urllib.request.urlopen(
        urllib.request.Request(f"{local.endpoint}/_local/flush", method="POST")
    ) as answer:
        assert "records" in json.loads(answer.read())


def test_partition_keys_are_jq_results_without_nulls_and_slashes():
    keys = partition_keys('{group: (.group | split("/")[0]), day: .a.b}')
    assert keys({"group": "films/x", "a": {"b": 7}}) == {"group": "films", "day": "7"}
    with pytest.raises(ValueError, match="must not be null"):
        keys({"group": "films"})
    with pytest.raises(ValueError, match="has a slash"):
        keys({"group": "films", "a": {"b": "x/y"}})
    with pytest.raises(DeliveryError, match="is not JQ"):
        partition_keys("{day: .at | }")


def test_prefix_is_evaluated_and_unknown_expressions_are_refused():
    at = 1_767_312_000.0  # 2026-01-02
    assert (
        evaluate_prefix("a/!{timestamp:yyyy/MM/dd}/!{partitionKeyFromQuery:g}/", {"g": "x"}, at)
        == "a/2026/01/02/x/"
    )
    with pytest.raises(DeliveryError, match="partitionKeyFromLambda"):
        evaluate_prefix("!{partitionKeyFromLambda:g}", {}, at)
