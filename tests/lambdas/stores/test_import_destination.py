"""An import writes to the lake, and removes what it wrote."""

import boto3

from lambdas.stores.import_destination import S3Destination
from tests.lambdas.aws import LAKE


def test_clear_removes_all_pages_of_a_prefix_and_nothing_else(lake_client, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")
    path = tmp_path / "part"
    path.write_text("rows")
    s3 = boto3.client("s3", "eu-west-1")
    destination = S3Destination(s3, LAKE)
    destination.put(path, "run/a")
    destination.put(path, "running/b")
    for number in range(11):  # more than a page
        s3.put_object(Bucket=LAKE, Key=f"run/{number}", Body=b"")
    destination.clear("run/")
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=LAKE)["Contents"]] == ["running/b"]
    assert s3.get_object(Bucket=LAKE, Key="running/b")["Body"].read() == b"rows"
