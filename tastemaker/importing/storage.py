"""Where an import reads and writes: the input files of a location, and the lake."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from tastemaker.failures import InvalidLocation
from tastemaker.files import File, Source, find_files

READABLE = (".csv", ".parquet")


class Destination(Protocol):
    """Storage that an import writes to. Keys are those of the lake."""

    def put(self, path: Path, key: str) -> None:
        """Store the local file under the key and replace what is there."""

    def clear(self, prefix: str) -> None:
        """Delete everything under the prefix."""


def input_files(source: Source, location: str) -> list[File]:
    """The files of `s3://bucket/key.csv` or of a folder: all its `.csv` files, or all its `.parquet` files.

    Raises InvalidLocation if there is nothing to read, or if a folder contains both types.
    """
    files = find_files(
        source,
        location,
        accept=lambda file: file.key.lower().endswith(READABLE),
        missing="no such object, and no .csv file below it",
    )
    if len({file.is_parquet for file in files}) > 1:
        raise InvalidLocation(location, "the folder holds .csv and .parquet files; keep one kind")
    return files


class Folder:
    """A local folder in place of S3, with buckets as its subfolders.

    It is a source, and a destination that writes to the bucket `lake`. Tests, benchmarks and Spark programs
    on a laptop use it.
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
