"""PutRecordBatch brings records to the lake, and a bad call is refused."""

from __future__ import annotations

import io
import json
import time

import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import unique
from tests.local.streams.conftest import body

DIRECT = "tiny-direct"


@pytest.fixture
def firehose(local):
    return local.client("firehose")


def records(*bodies):
    return [{"Data": json.dumps(one).encode()} for one in bodies]


def rows(local, lake, group):
    """The rows of a group in the lake, after a delivery."""
    local.flush()
    s3 = local.client("s3")
    prefix = f"groups/{group}/events/{time.strftime('%Y/%m/%d', time.gmtime())}/"
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=lake, Prefix=prefix).get("Contents", [])]
    files = [io.BytesIO(s3.get_object(Bucket=lake, Key=key)["Body"].read()) for key in keys]
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def test_records_of_a_batch_reach_the_lake_as_parquet_once(firehose, local, lake):
    group = unique("direct")
    answer = firehose.put_record_batch(
        DeliveryStreamName=DIRECT,
        Records=records(body("1", datasetGroup=group, sentAt=1), body("2", datasetGroup=group, sentAt=2)),
    )
    assert answer["FailedPutCount"] == 0 and len(answer["RequestResponses"]) == 2
    one = firehose.put_record(
        DeliveryStreamName=DIRECT, Record=records(body("3", datasetGroup=group, sentAt=3))[0]
    )
    assert one["RecordId"]
    assert sorted(row["sentat"] for row in rows(local, lake, group)) == [1, 2, 3]
    assert len(rows(local, lake, group)) == 3


@pytest.mark.parametrize(
    ("name", "sent", "code"),
    [
        ("no-such-stream", records({}), "ResourceNotFoundException"),
        ("tiny-events", records({}), "InvalidArgumentException"),  # its source is a Kinesis stream
        (DIRECT, [{"Data": b"x"}] * 501, "ValidationException"),
        (DIRECT, [{"Data": b"x" * 1_024_001}], "ValidationException"),
        (DIRECT, [{"Data": b"x" * 1_000_000}] * 5, "InvalidArgumentException"),
    ],
    ids=["no stream", "other source", "many records", "large record", "large call"],
)
def test_call_that_firehose_refuses_is_refused(firehose, name, sent, code):
    with pytest.raises(ClientError) as refused:
        firehose.put_record_batch(DeliveryStreamName=name, Records=sent)
    assert refused.value.response["Error"]["Code"] == code


def test_role_without_permission_is_denied(local, lake):
    role = next(one for one in local.client("iam").list_roles()["Roles"] if "PlainRole" in one["RoleName"])
    credentials = local.roles.assume(role["Arn"], service="lambda.amazonaws.com", session="test")
    with pytest.raises(ClientError, match="firehose:PutRecordBatch"):
        local.client("firehose", credentials).put_record_batch(
            DeliveryStreamName=DIRECT, Records=records(body("1"))
        )
