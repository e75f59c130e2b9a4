"""Files that a caller names by an S3 location: what a job reads, without the AWS SDK.

Imports, batch jobs and data deletion jobs find their input with `find_files`. The implementation of `Source`
on S3 is `lambdas.stores.caller_files.S3Source`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from tastemaker.failures import InvalidLocation, NothingThere

# Old buckets may have capital letters and underscores.
_LOCATION = re.compile(r"s3://(?P<bucket>[A-Za-z0-9][A-Za-z0-9._-]*)(?:/(?P<key>.*))?", re.DOTALL)
_ALIASES = ("-s3alias", "--ol-s3", ".mrap")


def location_problem(uri: str) -> str | None:
    """What is wrong with an S3 location, or None.

    The bucket must be named itself: an alias of an access point could lead to any bucket. A key with the
    segment `..` is one thing to S3 and another to programs that resolve paths.
    """
    found = _LOCATION.fullmatch(uri)
    if found is None:
        return "expected s3://bucket/key or s3://bucket/folder/"
    bucket, key = found["bucket"], found["key"] or ""
    if bucket.lower().endswith(_ALIASES):
        return "expected the name of a bucket instead of the alias of an access point"
    if any(segment in (".", "..") for segment in key.split("/")):
        return "expected a key without the segments . and .."
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in key):
        return "expected a key without control characters"
    return None


def is_bucket(name: str, other: str) -> bool:
    """Whether two names are those of the same bucket, in whatever spelling a client or a proxy accepts."""
    return name.lower().rstrip(".") == other.lower().rstrip(".")


@dataclass(frozen=True)
class File:
    """One object: its bucket, key, size in bytes and, where the list of objects gave one, its ETag."""

    bucket: str
    key: str
    size: int
    etag: str | None = None

    @property
    def name(self) -> str:
        """The file's location, for messages."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def is_parquet(self) -> bool:
        """Whether the file is read as Parquet."""
        return self.key.lower().endswith(".parquet")


class Source(Protocol):
    """Storage that a job reads from."""

    def files(self, bucket: str, prefix: str) -> Iterator[File]:
        """Every object whose key begins with `prefix`, in the order of keys."""

    def open(self, file: File) -> io.RawIOBase:
        """The object's bytes from the start, as a seekable stream."""


@dataclass(frozen=True)
class Location:
    """A bucket, and the key of a file or of a folder in it. The empty key is the whole bucket."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> Location:
        """The location of `s3://bucket/key`. Raises InvalidLocation."""
        problem = location_problem(uri)
        if problem is not None:
            raise InvalidLocation(uri, problem)
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return cls(bucket, key.lstrip("/"))

    @property
    def folder(self) -> str:
        """The prefix of the files below this location; empty for a whole bucket."""
        return self.key if self.key.endswith("/") or not self.key else f"{self.key}/"

    def is_file(self, file: File) -> bool:
        """Whether this location names exactly `file`."""
        return bool(self.key) and not self.key.endswith("/") and file.key == self.key

    def relative_name(self, file: File) -> str:
        """The name of `file` below this folder, or its own name if this location is the file."""
        return file.key.rpartition("/")[2] if self.is_file(file) else file.key.removeprefix(self.folder)


def find_files(source: Source, uri: str, *, accept: Callable[[File], bool], missing: str) -> list[File]:
    """The file at the location `uri`, or the files of this folder that `accept` takes, in the order of keys.

    Empty files of a folder are left out. Raises NothingThere with the reason `missing`, and the name of an
    empty file, if there is nothing to read, and what the source raises.
    """
    location = Location.parse(uri)
    found: list[File] = []
    empty = ""
    for file in source.files(location.bucket, location.key):
        if location.is_file(file):
            return [file]
        if not file.key.startswith(location.folder):
            continue
        if not file.size:
            empty = empty or location.relative_name(file)
        elif accept(file):
            found.append(file)
    if not found:
        raise NothingThere(uri, f"{missing}; {empty} is empty" if empty else missing)
    return found
