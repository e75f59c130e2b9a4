"""The lake bucket and a folder in its place behave alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from distributed import storage
from distributed.storage import Storage


@pytest.fixture(params=["bucket", "folder"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Storage]:
    """An empty storage of each kind."""
    if request.param == "folder":
        yield Storage(str(tmp_path / "lake"))
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    storage._s3.cache_clear()
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="lake")
        yield Storage("s3://lake")
    storage._s3.cache_clear()


def test_document_is_read_as_it_was_written(place: Storage) -> None:
    place.write("jobs/a/result.json", {"rows": 3})
    assert place.read("jobs/a/result.json") == {"rows": 3}


def test_stored_file_replaces_the_one_that_is_there(place: Storage, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    source = tmp_path / "part"
    for text in ("first", "second"):
        source.write_text(text)
        place.store(source, "shards/0/part.bin")
    assert place.fetch("shards/0/part.bin", scratch).read_text() == "second"


def test_uri_names_the_storage_and_the_key(place: Storage) -> None:
    assert place.uri("a/b.parquet") == f"{place.root}/a/b.parquet"
