"""Where an import reads and writes: the files of a location, and the lake."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from lambdas.stores.caller_files import File
from tastemaker.failures import InvalidLocation

READABLE = (".csv", ".parquet")


class Source(Protocol):
    """What an import reads from."""

    def files(self, bucket: str, prefix: str) -> Iterator[File]:
        """Every object whose key begins with `prefix`, in the order of keys."""

    def open(self, file: File) -> io.RawIOBase:
        """The object's bytes from the start; seekable."""


class Destination(Protocol):
    """What an import writes to. Keys are those of the lake."""

    def put(self, path: Path, key: str) -> None:
        """Store the local file under the key, replacing what is there."""

    def clear(self, prefix: str) -> None:
        """Delete everything under the prefix."""


def find(source: Source, location: str) -> list[File]:
    """The files of `s3://bucket/key.csv` or of `s3://bucket/folder/` (all `.csv` below it, or all
    `.parquet`).

    Raises InvalidLocation when there is nothing to read, and when a folder holds both kinds.
    """
    parts = urlsplit(location)
    if parts.scheme != "s3" or not parts.netloc:
        raise InvalidLocation(location, "expected s3://bucket/key.csv or s3://bucket/folder/")
    # Not parts.path: a key may hold a question mark or a hash.
    key = location.removeprefix(f"s3://{parts.netloc}").lstrip("/")
    folder = key if key.endswith("/") or not key else key + "/"
    found = []
    for file in source.files(parts.netloc, key):
        if file.key == key and key and not key.endswith("/"):
            return [file]
        if file.key.startswith(folder) and file.key.lower().endswith(READABLE) and file.size:
            found.append(file)
    if not found:
        raise InvalidLocation(location, "no such object, and no .csv file below it")
    if len({file.is_parquet for file in found}) > 1:
        raise InvalidLocation(location, "the folder holds .csv and .parquet files; keep one kind")
    return found


class S3Destination:
    """The lake, written with the function's own role."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def put(self, path: Path, key: str) -> None:
        self._s3.upload_file(str(path), self._bucket, key)

    def clear(self, prefix: str) -> None:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
            keys = [{"Key": entry["Key"]} for entry in page.get("Contents", ())]
            if keys:
                self._s3.delete_objects(Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True})


class Folder:
    """A folder that stands for S3, with buckets as its subfolders: for tests, benchmarks, and a look at a
    file at hand. Both a source and a destination (of the bucket `lake`).
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def files(self, bucket: str, prefix: str) -> Iterator[File]:
        base = self._root / bucket
        if not base.is_dir():
            raise InvalidLocation(f"s3://{bucket}/{prefix}", "no such bucket or object")
        for path in sorted(path for path in base.rglob("*") if path.is_file()):
            if (key := path.relative_to(base).as_posix()).startswith(prefix):
                yield File(bucket, key, path.stat().st_size)

    def open(self, file: File) -> io.RawIOBase:
        return io.FileIO(self._root / file.bucket / file.key)

    def put(self, path: Path, key: str) -> None:
        target = self._root / "lake" / key
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())

    def clear(self, prefix: str) -> None:
        for path in sorted((self._root / "lake").rglob("*")):
            if path.is_file() and path.relative_to(self._root / "lake").as_posix().startswith(prefix):
                path.unlink()
