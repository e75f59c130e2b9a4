"""S3 as the source and the destination of an import."""

import io
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from lambdas.stores.caller_files import S3Source
from lambdas.stores.import_destination import S3Destination
from tastemaker.failures import AccessRefused, InvalidLocation, WorkFailedError
from tastemaker.files import File
from tastemaker.importing.importer import Importer
from tastemaker.importing.storage import input_files
from tests.standard_schemas import EVENTS

CSV = b"USER_ID,ITEM_ID,TIMESTAMP\n" + b"".join(b"u%d,i,%d\n" % (n, 1_600_000_000 + n) for n in range(1000))


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        for bucket in ("data", "lake"):
            client.create_bucket(Bucket=bucket)
        yield client


def test_import_from_bucket_to_bucket_replaces_leftover_parts(s3: Any) -> None:
    for key in ("in/a.csv", "in/b/c.csv"):
        s3.put_object(Bucket="data", Key=key, Body=CSV)
    s3.put_object(Bucket="lake", Key="run/part-00007.parquet", Body=b"left by a killed run")
    work = Importer(S3Source(s3), S3Destination(s3, "lake"), EVENTS, "run/", log=lambda _: None)
    result = dict(work.run("s3://data/in/"))
    assert result.pop("report")["firstTimestamp"] == 1_600_000_000
    assert result == {
        "rows": 2000,
        "files": 2,
        "bytes": 2 * len(CSV),
        "parts": 1,
        "maxTimestamp": 1_600_000_999,
    }
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket="lake")["Contents"]] == [
        "run/part-00000.parquet"
    ]


def test_keys_may_contain_question_mark_and_hash(s3: Any) -> None:
    s3.put_object(Bucket="data", Key="what? #1.csv", Body=CSV)
    assert [file.key for file in input_files(S3Source(s3), "s3://data/what? #1.csv").files] == [
        "what? #1.csv"
    ]


def test_missing_bucket_or_object_is_an_invalid_location(s3: Any) -> None:
    with pytest.raises(InvalidLocation, match="Invalid data location"):
        input_files(S3Source(s3), "s3://no-such-bucket/a.csv")
    with pytest.raises(InvalidLocation):
        input_files(S3Source(s3), "s3://data/none.csv")
    with pytest.raises(InvalidLocation):
        S3Source(s3).open(File("data", "gone.csv", 5)).read()


class Refusing:
    """S3 that lets nobody in."""

    def get_paginator(self, name: str) -> "Refusing":
        return self

    def paginate(self, **request: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "ListObjectsV2")

    def get_object(self, **request: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")


def test_denied_access_names_role_object_and_permission() -> None:
    source = S3Source(Refusing(), "arn:aws:iam::1:role/reader")
    with pytest.raises(AccessRefused, match=r"role/reader may not read s3://data/in/.*s3:ListBucket"):
        input_files(source, "s3://data/in/")
    with pytest.raises(AccessRefused, match="Insufficient privileges for accessing data in S3"):
        source.open(File("data", "a.csv", 5)).read()


class Flaky:
    """One object whose connections break after some bytes."""

    def __init__(self, content: bytes, breaks_after: int) -> None:
        self.content, self.breaks_after = content, breaks_after
        self.requests: list[dict[str, Any]] = []

    def get_object(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        start = int(request.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        return {"ETag": '"1"', "Body": Breaking(self.content[start:], self.breaks_after)}


class Breaking(io.BytesIO):
    def __init__(self, content: bytes, breaks_after: int) -> None:
        super().__init__(content)
        self.left = breaks_after

    def read(self, size: int | None = -1) -> bytes:
        if self.left <= 0:
            raise ReadTimeoutError(endpoint_url="s3")
        chunk = super().read(min(size or 0, self.left))
        self.left -= len(chunk)
        return chunk


def test_broken_connection_is_resumed_where_it_broke() -> None:
    s3 = Flaky(CSV, breaks_after=6000)
    with S3Source(s3).open(File("data", "a.csv", len(CSV))) as stream:
        assert stream.read() == CSV
    assert s3.requests[1] == {"Bucket": "data", "Key": "a.csv", "Range": "bytes=6000-", "IfMatch": '"1"'}


def test_connection_without_any_data_fails() -> None:
    with (
        S3Source(Flaky(CSV, breaks_after=0)).open(File("data", "a.csv", len(CSV))) as stream,
        pytest.raises(WorkFailedError, match="could not serve"),
    ):
        stream.read()


def test_seek_continues_from_the_new_position() -> None:
    with S3Source(Flaky(CSV, 1 << 30)).open(File("data", "a.csv", len(CSV))) as stream:
        stream.seek(-10, io.SEEK_END)
        assert stream.read(4) + stream.read() == CSV[-10:]
        assert stream.read(5) == b""
