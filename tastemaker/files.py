"""Files that a caller names by an S3 location: what a job reads, without the AWS SDK.

Imports, batch jobs and data deletion jobs find their input with `find_files`. The implementation of `Source`
on S3 is `lambdas.stores.caller_files.S3Source`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from tastemaker.failures import InvalidLocation


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
        parts = urlsplit(uri)
        if parts.scheme != "s3" or not parts.netloc:
            raise InvalidLocation(uri, "expected s3://bucket/key or s3://bucket/folder/")
        # Not `parts.path`: a key can contain a question mark or a hash.
        return cls(parts.netloc, uri.removeprefix(f"s3://{parts.netloc}").lstrip("/"))

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

    Empty files of a folder are left out. Raises InvalidLocation with the reason `missing` if there is nothing
    to read, and what the source raises.
    """
    location = Location.parse(uri)
    found = []
    for file in source.files(location.bucket, location.key):
        if location.is_file(file):
            return [file]
        if file.key.startswith(location.folder) and file.size and accept(file):
            found.append(file)
    if not found:
        raise InvalidLocation(uri, missing)
    return found
