"""Compaction of streamed events, once a day (`tastemaker.contracts.compaction` describes the files).

A run can end anywhere, and the next one continues. The order is: write the compacted file, compare the
sources with what was read, and after some days delete the sources. A compacted file is replaced by one of its
rows whose sources do not exist any more, and of the rows of all files that do. So it never has a row twice,
and never loses one, however often that is repeated. A write names the version that it replaces, so it does
not undo a data deletion. A data deletion may rewrite a source meanwhile:

- before it was read: the compacted file has the new rows.
- between its reading and the comparison: the compacted file is written again.
- after the comparison: the compacted file exists, and the data deletion finds it in its last step.

The run also deletes what arrived after the deletion of a dataset: no dataset has it, so neither the deletion
of a group nor a data deletion would find it.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lambdas.stores import parquet
from lambdas.stores.lake import ConcurrentWriteError, LakeBucket
from lambdas.support.observability import log_exception
from tastemaker.contracts.compaction import (
    AGE_DAYS,
    DAY,
    KEPT_DAYS,
    NAME,
    NEWEST_SOURCE,
    SOURCE_COLUMN,
    SOURCES,
    WRITTEN,
    end_of_day,
    folder_of,
    is_compacted,
    source_times,
)
from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.contracts.lake_layout import GROUPS, Area, deletion_mark
from tastemaker.failures import WorkFailedError

MAX_BYTES = 1 << 30
"""A day with more has files that are large enough, and would not fit on the function's disk."""
ATTEMPTS = 3
MAX_DELETED = 1000
"""Objects that one request of S3 deletes."""
GROUP_ROWS = 1 << 19
MARGIN_SECONDS = 120.0
"""What a day may take: no day is begun with less time left."""


@dataclass(frozen=True)
class File:
    """A file of the lake: `written` is in seconds since 1970."""

    key: str
    etag: str
    size: int
    written: float


@dataclass(frozen=True)
class Sources:
    """What a compacted file is made of: key → ETag when it was read, and key → time when it was written."""

    etags: Mapping[str, str]
    written: Mapping[str, float]

    @classmethod
    def of(cls, files: Sequence[File]) -> Sources:
        """The sources of a new compacted file."""
        return cls(_etags(files), {file.key: file.written for file in files})

    @classmethod
    def read(cls, key: str, metadata: Mapping[bytes, bytes]) -> Sources:
        """The sources of the compacted file `key` with this metadata."""
        return cls(json.loads(metadata[SOURCES]), source_times(key, metadata))

    def __or__(self, newer: Sources) -> Sources:
        """These sources and newer ones. The first time counts: a data deletion writes a source again."""
        return Sources({**self.etags, **newer.etags}, {**newer.written, **self.written})

    @property
    def newest(self) -> float:
        """When the newest source was written, in seconds since 1970."""
        return max(self.written.values())

    def metadata(self) -> dict[bytes, bytes]:
        """The metadata of the compacted file."""
        return {
            SOURCES: json.dumps(self.etags).encode(),
            WRITTEN: json.dumps(self.written).encode(),
        }


@dataclass
class Compaction:
    """A run over all dataset groups. `clock` is in seconds since 1970."""

    lake: LakeBucket
    clock: Callable[[], float] = time.time

    def run(self, seconds_left: Callable[[], float]) -> dict[str, int]:
        """Compact days, and delete sources and events that arrived after the deletion of their dataset.

        Returns how many files were compacted and deleted. A day that fails does not stop the others. Raises
        the first error at the end.
        """
        done = {"compacted": 0, "deleted": 0}
        failure: Exception | None = None
        for prefix in self._prefixes():
            if self._is_of_deleted_dataset(prefix):
                done["deleted"] += self._delete_late(prefix)
                continue
            for folder, files in groupby(self._files(prefix), lambda file: folder_of(file.key)):
                if seconds_left() < MARGIN_SECONDS:
                    return done
                try:
                    for what, count in self._day(folder, list(files)).items():
                        done[what] += count
                except Exception as error:
                    log_exception("a day was not compacted", folder=folder)
                    failure = failure or error
        if failure is not None:
            raise failure
        return done

    def _is_of_deleted_dataset(self, prefix: str) -> bool:
        return any(key == deletion_mark(prefix) for key, _ in self.lake.objects(deletion_mark(prefix)))

    def _delete_late(self, prefix: str) -> int:
        keys = [key for key, _ in self.lake.objects(prefix) if key != deletion_mark(prefix)]
        for start in range(0, len(keys), MAX_DELETED):
            self.lake.delete([{"Key": key} for key in keys[start : start + MAX_DELETED]])
        return len(keys)

    def _day(self, folder: str, files: Sequence[File]) -> dict[str, int]:
        compacted, sources = _parts(folder, files)
        if compacted is None:
            large = sum(file.size for file in sources) > MAX_BYTES
            if (
                len(sources) < 2
                or large
                or self.clock() < end_of_day(sources[0].key) + AGE_DAYS * DAY_SECONDS
            ):
                return {}
            return {"compacted": self._compact(folder, files)}
        if not sources:
            return {}
        recorded = self._recorded(compacted).etags
        if any(recorded.get(file.key) != file.etag for file in sources):
            return {"compacted": self._compact(folder, files)}
        no_source_was_deleted = recorded.keys() <= {file.key for file in sources}
        if no_source_was_deleted and self.clock() < compacted.written + KEPT_DAYS * DAY_SECONDS:
            return {}
        self.lake.delete([{"Key": file.key} for file in sources[:MAX_DELETED]])
        return {"deleted": len(sources[:MAX_DELETED])}

    def _compact(self, folder: str, files: Sequence[File]) -> int:
        """Write the compacted file of a day. Returns the number of its sources."""
        base, sources = _parts(folder, files)
        has_only_copies = base is not None and not self._recorded(base).etags.keys() <= _etags(sources).keys()
        for _ in range(ATTEMPTS):
            is_written = self._write(folder, base, sources)
            base, after = _parts(folder, list(self._files(folder)))
            if is_written and _etags(after) == _etags(sources):
                return len(sources)
            sources = after
            if not sources:  # the dataset was deleted meanwhile
                break
        if not has_only_copies:  # without it the sources are visible again
            self.lake.delete([{"Key": f"{folder}{NAME}"}])
        if not sources:
            return 0
        raise WorkFailedError(f"The files of {self.lake.uri(folder)} change; the next run compacts them.")

    def _write(self, folder: str, base: File | None, sources: Sequence[File]) -> bool:
        """Replace the version `base` of the compacted file. Returns False if a file changed meanwhile."""
        recorded = Sources.of(sources) if base is None else self._recorded(base) | Sources.of(sources)
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / NAME
            try:
                self._copy(path, recorded, base, sources)
                self.lake.replace(
                    f"{folder}{NAME}",
                    path,
                    etag=None if base is None else base.etag,
                    metadata={NEWEST_SOURCE: str(recorded.newest)},
                )
            except (ConcurrentWriteError, self.lake.client.exceptions.NoSuchKey):
                return False
        return True

    def _copy(self, path: Path, recorded: Sources, base: File | None, sources: Sequence[File]) -> None:
        """Write the rows of `sources`, and those of `base` whose sources do not exist, to a local file."""
        files = [*([] if base is None else [base]), *sources]
        schema = self._schema(files).with_metadata(recorded.metadata())
        hidden = pa.array(sorted(_etags(sources)), pa.string())
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            waiting: list[pa.Table] = []
            for table in chain.from_iterable(self._tables(file, hidden) for file in files):
                waiting.append(_as(table, schema))
                if sum(map(len, waiting)) >= GROUP_ROWS:
                    writer.write_table(pa.concat_tables(waiting))
                    waiting = []
            if waiting:
                writer.write_table(pa.concat_tables(waiting))

    def _schema(self, sources: Sequence[File]) -> pa.Schema:
        schemas = [pa.schema([pa.field(SOURCE_COLUMN, pa.string())])]
        for file in sources:
            with parquet.opened(self.lake, file.key) as opened:
                schemas.append(opened.schema_arrow.remove_metadata())
        return pa.unify_schemas(schemas, promote_options="permissive")

    def _tables(self, file: File, hidden: pa.Array) -> Iterator[pa.Table]:
        """The rows of a file, each with its source. Those of a compacted file lack the sources `hidden`."""
        with parquet.opened(self.lake, file.key) as opened:
            for group in range(opened.num_row_groups):
                table = opened.read_row_group(group)
                if is_compacted(file.key):
                    yield table.filter(pc.invert(pc.is_in(table[SOURCE_COLUMN], hidden)))
                else:
                    yield table.append_column(SOURCE_COLUMN, pa.array([file.key] * len(table), pa.string()))

    def _recorded(self, compacted: File) -> Sources:
        with parquet.opened(self.lake, compacted.key) as opened:
            return Sources.read(compacted.key, opened.schema_arrow.metadata)

    def _prefixes(self) -> Iterator[str]:
        """The folders with streamed events of every dataset group."""
        for group in self._pages(GROUPS, "CommonPrefixes", Delimiter="/"):
            for area in (Area.EVENTS, Area.ACTION_EVENTS):
                yield f"{group['Prefix']}{area.value}/"

    def _files(self, prefix: str) -> Iterator[File]:
        for entry in self._pages(prefix, "Contents"):
            if entry["Key"].endswith(".parquet") and DAY.fullmatch(entry["Key"]):
                written = entry["LastModified"].timestamp()
                yield File(entry["Key"], entry["ETag"], entry["Size"], written)

    def _pages(self, prefix: str, member: str, **more: str) -> Iterator[dict[str, Any]]:
        pages = self.lake.client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.lake.bucket, Prefix=prefix, **more):
            yield from page.get(member, [])


def _parts(folder: str, files: Sequence[File]) -> tuple[File | None, list[File]]:
    """The compacted file of a day, if it has one, and the other files."""
    compacted = next((file for file in files if file.key == f"{folder}{NAME}"), None)
    return compacted, [file for file in files if file is not compacted]


def _etags(files: Sequence[File]) -> dict[str, str]:
    return {file.key: file.etag for file in files}


def _as(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table with the columns of `schema`; those that it does not have are null."""
    columns = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
