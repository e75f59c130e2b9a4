"""Where an import reads and writes: the input files of a location, and the lake."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tastemaker.failures import InvalidLocation
from tastemaker.files import File, Location, Source, find_files

READABLE = (".csv", ".csv.gz", ".csv.zst", ".parquet")
OTHER_DATA = (
    ".tsv", ".psv", ".tab", ".jsonl", ".ndjson", ".avro", ".orc", ".xls", ".xlsx", ".ods",
    ".gz", ".zst", ".bz2", ".xz", ".zip", ".7z", ".lz4", ".snappy", ".pkl", ".feather", ".arrow",
)  # fmt: skip
"""How the names of files end that hold data in other formats: a folder is never read by half."""


class Destination(Protocol):
    """Storage that an import writes to. Keys are those of the lake."""

    def put(self, path: Path, key: str) -> None:
        """Store the local file under the key and replace what is there."""

    def clear(self, prefix: str) -> None:
        """Delete everything under the prefix."""


@dataclass(frozen=True)
class Inputs:
    """The files that an import reads, and the names of other files of the folder, which it skips."""

    files: list[File]
    skipped: list[str]


def is_hidden(name: str) -> bool:
    """Whether the name of a file, or of a folder on its path `name`, begins with `_` or `.`."""
    return any(part.startswith(("_", ".")) for part in name.split("/"))


def input_files(source: Source, location: str) -> Inputs:
    """The files of `s3://bucket/key.csv` or of a folder: all its CSV files, or all its Parquet files.

    CSV files may be compressed. Files and folders whose names begin with `_` or `.` are hidden, as in Hadoop,
    Athena and Glue. Raises InvalidLocation if there is nothing to read, if a folder contains both formats, or
    if it contains data that cannot be read.
    """
    folder = Location.parse(location).folder
    skipped: list[str] = []
    unreadable: list[str] = []

    def accept(file: File) -> bool:
        name = file.key.removeprefix(folder)
        if is_hidden(name):
            skipped.append(name)
            return False
        if name.lower().endswith(READABLE):
            return True
        (unreadable if name.lower().endswith(OTHER_DATA) else skipped).append(name)
        return False

    try:
        files = find_files(
            source, location, accept=accept, missing="no such object, and no .csv or .parquet file below it"
        )
    except InvalidLocation as error:
        if not unreadable:
            raise
        raise _unreadable(location, unreadable) from error
    if unreadable:
        raise _unreadable(location, unreadable)
    if len({file.is_parquet for file in files}) > 1:
        raise InvalidLocation(location, "the folder holds .csv and .parquet files; keep one format")
    return Inputs(files, skipped)


def _unreadable(location: str, names: list[str]) -> InvalidLocation:
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return InvalidLocation(
        location,
        f"the folder holds data that an import does not read: {', '.join(names[:3])}{more}; write them as "
        ".csv, .csv.gz, .csv.zst or .parquet, or move them elsewhere",
    )


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
