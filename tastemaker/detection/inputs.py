"""The files that a path names: one file, a folder, or a ZIP archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast

from tastemaker.importing.compression import plain_bytes

DATA = (
    ".csv",
    ".tsv",
    ".tab",
    ".psv",
    ".txt",
    ".dat",
    ".data",
    ".json",
    ".jsonl",
    ".ndjson",
    ".parquet",
    ".pq",
)
"""How the names of files end that may hold data. `.gz` or `.zst` may follow."""
COMPRESSED = (".gz", ".zst")
OTHER = {
    ".xlsx": "save the sheet as CSV",
    ".xls": "save the sheet as CSV",
    ".ods": "save the sheet as CSV",
    ".avro": "write it as Parquet or CSV",
    ".orc": "write it as Parquet or CSV",
    ".feather": "write it as Parquet",
    ".pkl": "write it as Parquet with pandas: to_parquet",
    ".db": "export the table as CSV",
    ".sqlite": "export the table as CSV",
    ".sql": "export the table as CSV",
}
ARCHIVE = b"PK\x03\x04"


class DetectionError(Exception):
    """The data cannot be used. `remedy` says what the user can do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem, self.remedy = problem, remedy


@dataclass(frozen=True)
class Input:
    """One file. `member` is its name in the ZIP archive at `path`, if it is in one."""

    path: Path
    member: str = ""

    @property
    def name(self) -> str:
        """The name in messages."""
        return f"{self.path}/{self.member}" if self.member else str(self.path)

    @property
    def short_name(self) -> str:
        """The last part of the name."""
        return PurePosixPath(self.member or self.path.name).name

    @property
    def suffix(self) -> str:
        """How the name ends, without the ending of a compression."""
        name = self.short_name.lower()
        for ending in COMPRESSED:
            name = name.removesuffix(ending)
        return PurePosixPath(name).suffix

    @contextmanager
    def open(self) -> Iterator[io.RawIOBase]:
        """The bytes, decompressed. Raises WorkFailedError for other formats."""
        with closing(self.raw()) as stream:
            yield plain_bytes(stream, self.name)

    def raw(self) -> io.RawIOBase:
        """The bytes as they are stored, as a seekable stream."""
        if not self.member:
            return io.FileIO(self.path)
        with zipfile.ZipFile(self.path) as archive:  # the members of such archives fit in memory
            return cast(io.RawIOBase, io.BytesIO(archive.read(self.member)))


def find(path: Path) -> tuple[list[Input], list[str]]:
    """The files with data at a path, in the order of their names, and the names of other files.

    Files whose names begin with `_` or `.` are hidden. Raises DetectionError if there is nothing to read.
    """
    if not path.exists():
        raise DetectionError(f"There is no file {path}.", "Check the name.")
    if path.is_dir():
        every = [
            Input(file) for file in sorted(path.rglob("*")) if file.is_file() and not _hidden(file, path)
        ]
    elif _is_archive(path):
        every = list(_members(path))
    else:
        if path.suffix.lower() in OTHER:
            raise DetectionError(
                f"{path} is not a text or Parquet file.", f"{OTHER[path.suffix.lower()]}.".capitalize()
            )
        return [Input(path)], []
    found = [one for one in every if one.suffix in DATA]
    skipped = [one.member or str(one.path.relative_to(path)) for one in every if one not in found]
    if not found:
        listed = ", ".join(skipped[:5]) or "nothing"
        raise DetectionError(
            f"{path} has no file with data; it has {listed}.",
            "Files may be CSV, JSON, JSON Lines or Parquet, also compressed with gzip.",
        )
    return found, skipped


def _hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(("_", ".")) for part in file.relative_to(folder).parts)


def _is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(4)
    return head == ARCHIVE and path.suffix.lower() not in OTHER


def _members(path: Path) -> Iterator[Input]:
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            parts = PurePosixPath(name).parts
            if not name.endswith("/") and not any(part.startswith(("_", ".")) for part in parts):
                yield Input(path, name)
