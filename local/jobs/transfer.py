"""Files between S3 and a job's folders, with the job role's credentials."""

from __future__ import annotations

import contextlib
import json
import tarfile
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_THREADS = 4


class DataError(Exception):
    """A channel's data cannot be read as the request describes it."""


def split(uri: str) -> tuple[str, str]:
    """(bucket, key) of s3://bucket/key, or of the https form that the CDK writes for assets."""
    parts = urlsplit(uri)
    if parts.scheme == "s3":
        return parts.netloc, parts.path.lstrip("/")
    bucket, _, key = parts.path.lstrip("/").partition("/")
    return bucket, key


def _inside(folder: Path, name: str) -> Path:
    """The file of a key in a folder. Raises DataError if the key leads out of it."""
    file = folder / name.lstrip("/")
    if not file.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"the key {name!r} leads out of the job's folders; keys must not contain '..'")
    return file


class Transfer:
    """Down and up, for one job."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def download_channel(self, source: dict[str, Any], folder: Path) -> int:
        """Fetch a channel as File mode does; returns the number of objects.

        Raises DataError if nothing there, or a manifest that is none.
        """
        uri, kind = source["S3Uri"], source.get("S3DataType", "S3Prefix")
        if kind == "S3Prefix":
            bucket, prefix = split(uri)
            # names are kept from the prefix's last slash on
            base = prefix if prefix.endswith("/") or not prefix else prefix.rpartition("/")[0] + "/"
            found = [(bucket, key, key.removeprefix(base.lstrip("/"))) for key in self._list(bucket, prefix)]
        elif kind == "ManifestFile":
            found = list(self._manifest(uri))
        else:
            raise DataError(f"channels of the type {kind} are not supported locally")
        if not found:
            raise DataError(f"No S3 objects found under S3 URL {uri} given in input data source")
        folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(_THREADS) as threads:
            list(threads.map(lambda item: self._fetch(item[0], item[1], _inside(folder, item[2])), found))
        return len(found)

    def _manifest(self, uri: str) -> Iterator[tuple[str, str, str]]:
        bucket, key = split(uri)
        try:
            entries = json.loads(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())
            data_bucket, prefix = split(entries[0]["prefix"])
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise DataError(f"{uri} is no manifest: {error!r}") from error
        for name in entries[1:]:
            yield data_bucket, prefix + name, name

    def _list(self, bucket: str, prefix: str) -> Iterator[str]:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                if not item["Key"].endswith("/"):
                    yield item["Key"]

    def _fetch(self, bucket: str, key: str, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._s3.download_file(bucket, key, str(file))
        except Exception as error:
            raise DataError(f"s3://{bucket}/{key}: {error}") from error

    def restore(self, uri: str, folder: Path) -> None:
        """What an earlier job left at a checkpoint's place, if anything."""
        bucket, prefix = split(uri)
        prefix = prefix.rstrip("/") + "/"
        for key in self._list(bucket, prefix):
            self._fetch(bucket, key, _inside(folder, key.removeprefix(prefix)))

    def upload_folder(self, folder: Path, uri: str, *, newer_than: float = 0.0) -> None:
        """Every file of a folder under `uri`; with `newer_than`, only what changed since (epoch seconds).

        The program may be at work in the folder: a file that is gone when its turn comes, as one that was
        written under another name first is, is passed over.
        """
        bucket, prefix = split(uri)
        for file in sorted(folder.rglob("*")):
            key = f"{prefix.rstrip('/')}/{file.relative_to(folder).as_posix()}".lstrip("/")
            with contextlib.suppress(FileNotFoundError):
                if file.is_file() and file.stat().st_mtime >= newer_than:
                    self._s3.upload_file(str(file), bucket, key)

    def upload_archive(self, folder: Path, uri: str) -> None:
        """The folder's content as one .tar.gz object."""
        bucket, key = split(uri)
        with tempfile.NamedTemporaryFile(suffix=".tar.gz") as file:
            with tarfile.open(fileobj=file, mode="w:gz") as archive:
                archive.add(folder, arcname=".")
            file.flush()
            self._s3.upload_file(file.name, bucket, key)
