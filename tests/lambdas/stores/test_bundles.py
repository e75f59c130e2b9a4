"""Bundles come from the lake once, whole or not at all, and make room for each other."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.stores.bundles import BundleCache, BundleMissingError, BundleTooLargeError
from tests.lambdas.aws import upload
from tests.tastemaker.serving.films import write_bundle


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="lake")
        yield client


def test_bundle_is_downloaded_once_and_equal(s3: Any, tmp_path: Path) -> None:
    source = write_bundle(tmp_path / "source", "similar")
    (source / "model" / "large.npy").write_bytes(os.urandom(40 << 20))
    upload(s3, source, "models/a/")
    bundles = BundleCache(s3, tmp_path / "disk")
    loaded = bundles.get("s3://lake/models/a/")
    assert loaded.bundle.items.tolist()[0] == "alien"
    for path in source.rglob("*"):
        if path.is_file():
            assert (loaded.bundle.path / path.relative_to(source)).read_bytes() == path.read_bytes()
    s3.delete_object(Bucket="lake", Key="models/a/bundle.json")
    assert bundles.get("s3://lake/models/a/") is loaded
    assert BundleCache(s3, tmp_path / "disk").get("s3://lake/models/a/").bundle.path == loaded.bundle.path


def test_missing_bundle_raises(s3: Any, tmp_path: Path) -> None:
    with pytest.raises(BundleMissingError, match="models/none"):
        BundleCache(s3, tmp_path / "disk").get("s3://lake/models/none/")
    assert list((tmp_path / "disk").glob("*")) == []


class Breaking:
    """S3 that breaks off after some answers."""

    def __init__(self, s3: Any, answers: int) -> None:
        self._s3, self._answers = s3, answers
        self.get_paginator = s3.get_paginator

    def get_object(self, **request: Any) -> Any:
        self._answers -= 1
        if self._answers < 0:
            raise ConnectionError("broken off")
        return self._s3.get_object(**request)


def test_failed_download_leaves_no_files(s3: Any, tmp_path: Path) -> None:
    upload(s3, write_bundle(tmp_path / "source", "similar"), "models/a/")
    with pytest.raises(ConnectionError):
        BundleCache(Breaking(s3, 3), tmp_path / "disk").get("s3://lake/models/a/")
    assert list((tmp_path / "disk").glob("*")) == []
    assert BundleCache(s3, tmp_path / "disk").get("s3://lake/models/a/").bundle.model_name == "similar"


class SmallDisk(BundleCache):
    """A disk with room for one bundle, or, if `full`, for none beside an existing one."""

    full = False

    def free(self) -> int:
        return 0 if len(list(self._folder.iterdir())) > (0 if self.full else 1) else 1 << 40


def test_least_recently_used_bundle_is_removed_and_downloaded_again(s3: Any, tmp_path: Path) -> None:
    for name in "abc":
        upload(s3, write_bundle(tmp_path / name, "similar"), f"models/{name}/")
    bundles = SmallDisk(s3, tmp_path / "disk")
    loaded = {name: bundles.get(f"s3://lake/models/{name}/") for name in "ab"}
    os.utime(loaded["a"].bundle.path, (2, 2))
    os.utime(loaded["b"].bundle.path, (1, 1))
    bundles.get("s3://lake/models/c/")
    assert loaded["a"].bundle.path.exists()
    assert not loaded["b"].bundle.path.exists()
    again = bundles.get("s3://lake/models/b/")
    assert again is not loaded["b"]
    assert again.model.score_item(3).argmax() == 0


class Gated:
    """S3 that gives nothing until it may, or breaks off then."""

    def __init__(self, s3: Any, *, breaks: bool = False) -> None:
        self.opened, self._s3, self._breaks = threading.Event(), s3, breaks
        self.get_paginator = s3.get_paginator

    def get_object(self, **request: Any) -> Any:
        self.opened.wait(60)
        if self._breaks:
            raise ConnectionError("broken off")
        return self._s3.get_object(**request)


URI = "s3://lake/models/a/"


def test_get_waits_for_a_prefetch(s3: Any, tmp_path: Path) -> None:
    upload(s3, write_bundle(tmp_path / "source", "similar"), "models/a/")
    gate = Gated(s3)
    bundles = BundleCache(gate, tmp_path / "disk")
    assert not bundles.has(URI) and not bundles.prefetch(URI, 0.0)
    assert not bundles.has(URI) and bundles.prefetch(URI, 0.0)  # now the caller should wait in `get`
    gate.opened.set()
    assert bundles.get(URI).bundle.model_name == "similar"
    assert bundles.has(URI) and bundles.has(f"{URI}#s3://lake/refresh/")
    assert BundleCache(s3, tmp_path / "disk").has(URI)


def test_prefetch_that_ends_in_time_returns_true(s3: Any, tmp_path: Path) -> None:
    upload(s3, write_bundle(tmp_path / "source", "similar"), "models/a/")
    assert BundleCache(s3, tmp_path / "disk").prefetch(URI, 60)


def test_get_repeats_a_failed_prefetch(s3: Any, tmp_path: Path) -> None:
    """Lambda stops a process between two requests, and its connections do not survive that."""
    upload(s3, write_bundle(tmp_path / "source", "similar"), "models/a/")
    gate = Gated(s3, breaks=True)
    bundles = BundleCache(gate, tmp_path / "disk")
    assert not bundles.prefetch(URI, 0.0)
    bundles._s3 = s3
    gate.opened.set()
    assert bundles.get(URI).bundle.model_name == "similar"


def test_prefetch_removes_no_bundle(s3: Any, tmp_path: Path) -> None:
    for name in "ab":
        upload(s3, write_bundle(tmp_path / name, "similar"), f"models/{name}/")
    bundles = SmallDisk(s3, tmp_path / "disk")
    loaded = bundles.get("s3://lake/models/b/")
    bundles.full = True
    assert bundles.prefetch(URI, 60)  # it does not fit; `get` removes the other bundle
    assert loaded.bundle.path.exists() and not bundles.has(URI)
    assert bundles.get(URI).bundle.model_name == "similar"
    assert not loaded.bundle.path.exists()


class TinyDisk(BundleCache):
    """A disk that is smaller than any bundle."""

    def free(self) -> int:
        return 1 << 20

    def capacity(self) -> int:
        return 1 << 20


def test_bundle_larger_than_the_disk_names_the_setting(s3: Any, tmp_path: Path) -> None:
    upload(s3, write_bundle(tmp_path / "a", "similar"), "models/a/")
    bundles = TinyDisk(s3, tmp_path / "disk")
    with pytest.raises(
        BundleTooLargeError, match=r"Set functions\.runtimeDisk and functions\.batchDisk to 33"
    ):
        bundles.get(URI)
    assert list((tmp_path / "disk").glob("*")) == []


def test_manifest_of_a_bundle_is_read_without_its_arrays(s3: Any, tmp_path: Path) -> None:
    upload(s3, write_bundle(tmp_path / "source", "similar"), "models/a/")
    bundles = BundleCache(s3, tmp_path / "disk")
    manifest = bundles.manifest("s3://lake/models/a/#s3://lake/refresh/")
    assert manifest == bundles.manifest("s3://lake/models/a/") and manifest["kind"] == "similar"
    assert not bundles.has("s3://lake/models/a/")
    with pytest.raises(BundleMissingError, match="no model"):
        bundles.manifest("s3://lake/models/none/")
