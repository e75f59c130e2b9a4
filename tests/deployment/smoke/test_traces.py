"""A user's traces are found in files of every kind, in old versions, and in tables; models are left out."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deployment.command import CommandError
from deployment.smoke import traces
from deployment.smoke.target import Target

USER = "smoke-1-customer-0007"


def parquet(*users: str) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"userid": list(users)}), out, compression="zstd")
    return out.getvalue()


def put(target: Target, key: str, data: bytes) -> None:
    target.client("s3").put_object(Bucket="lake", Key=key, Body=data)


def test_rows_of_others_are_no_traces(target: Target) -> None:
    put(target, "groups/smoke-1/datasets/INTERACTIONS/j/part-0.parquet", parquet("smoke-1-customer-0008"))
    put(target, f"groups/other/datasets/{USER}.csv", USER.encode())
    target.client("dynamodb").put_item(TableName="profiles", Item={"profile": {"S": "smoke-1#somebody"}})
    assert traces.of_user(target, "smoke-1", USER) == []


def test_compressed_files_and_text_and_tables_are_read(target: Target) -> None:
    put(target, "groups/smoke-1/events/2026/11/28/a.parquet", parquet("x", USER))
    put(target, "groups/smoke-1/training/s/v/config.json", f'{{"user": "{USER}"}}'.encode())
    target.client("dynamodb").put_item(TableName="profiles", Item={"profile": {"S": f"smoke-1#{USER}"}})
    assert traces.of_user(target, "smoke-1", USER) == [
        "s3://lake/groups/smoke-1/events/2026/11/28/a.parquet",
        "s3://lake/groups/smoke-1/training/s/v/config.json",
        "1 items of table profiles",
    ]


def test_older_versions_of_an_object_are_traces(target: Target) -> None:
    key = "groups/smoke-1/datasets/USERS/j/part-0.parquet"
    put(target, key, parquet(USER))
    put(target, key, parquet("x"))
    target.client("s3").delete_object(Bucket="lake", Key=key)
    assert traces.of_user(target, "smoke-1", USER) == [f"s3://lake/{key}"]


def test_models_are_left_out(target: Target) -> None:
    put(target, "groups/smoke-1/models/s/v/j/output/model/users.json", USER.encode())
    assert traces.of_user(target, "smoke-1", USER) == []


def test_table_that_is_too_large_is_an_error(target: Target) -> None:
    for number in range(3):
        target.client("dynamodb").put_item(TableName="profiles", Item={"profile": {"S": str(number)}})
    with pytest.raises(CommandError, match="not read to its end"):
        traces.of_user(target, "smoke-1", USER, max_items=2)
