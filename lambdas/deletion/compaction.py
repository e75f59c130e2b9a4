"""Compaction of streamed events, once a day (`tastemaker.contracts.compaction` describes the files).

A run can end anywhere, and the next one continues. The order is: write the compacted file, compare the
sources with what was read, and after some days delete the sources. A data deletion may rewrite a source
meanwhile:

- before it was read: the compacted file has the new rows.
- between its reading and the comparison: the compacted file is written again.
- after the comparison: the compacted file exists, and the data deletion finds it in its last step.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lambdas.stores import parquet
from lambdas.stores.lake import LakeBucket
from lambdas.support.observability import log_exception
from tastemaker.contracts.compaction import (
    AGE_DAYS,
    DAY,
    KEPT_DAYS,
    NAME,
    SOURCE_COLUMN,
    SOURCES,
    end_of_day,
    folder_of,
    is_compacted,
)
from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.contracts.lake_layout import GROUPS, Area
from tastemaker.failures import WorkFailedError

MAX_BYTES = 1 << 30
"""A day with more has files that are large enough, and would not fit on the function's disk."""
ATTEMPTS = 3
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


@dataclass
class Compaction:
    """A run over all dataset groups. `clock` is in seconds since 1970."""

    lake: LakeBucket
    clock: Callable[[], float] = time.time

    def run(self, seconds_left: Callable[[], float]) -> dict[str, int]:
        """Compact days, and delete sources. Returns how many files were compacted and deleted.

        A day that fails does not stop the others. Raises the first error at the end.
        """
        done = {"compacted": 0, "deleted": 0}
        failure: Exception | None = None
        for prefix in self._prefixes():
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

    def _day(self, folder: str, files: Sequence[File]) -> dict[str, int]:
        compacted = next((file for file in files if file.key == f"{folder}{NAME}"), None)
        sources = [file for file in files if file is not compacted]
        if compacted is None:
            large = sum(file.size for file in sources) > MAX_BYTES
            if (
                len(sources) < 2
                or large
                or self.clock() < end_of_day(sources[0].key) + AGE_DAYS * DAY_SECONDS
            ):
                return {}
            return {"compacted": self._compact(folder, sources)}
        if not sources:
            return {}
        recorded, found = self._recorded(compacted), {file.key: file.etag for file in sources}
        new = [file for file in sources if file.key not in recorded]
        if recorded.keys() <= found.keys():  # no source was deleted yet
            if new or any(found[key] != etag for key, etag in recorded.items()):
                return {"compacted": self._compact(folder, sources)}
            if self.clock() < compacted.written + KEPT_DAYS * DAY_SECONDS:
                return {}
        elif new:
            return {"compacted": self._compact(folder, [compacted, *new])}
        self.lake.delete([{"Key": file.key} for file in sources[:1000]])
        return {"deleted": len(sources[:1000])}

    def _compact(self, folder: str, sources: Sequence[File]) -> int:
        """Write the compacted file of a day. Returns the number of its sources."""
        keys = {file.key for file in sources}
        for _ in range(ATTEMPTS):
            self._write(folder, sources)
            after = [file for file in self._files(folder) if file.key in keys and not is_compacted(file.key)]
            before = [file for file in sources if not is_compacted(file.key)]
            if {file.key: file.etag for file in after} == {file.key: file.etag for file in before}:
                return len(before)
            if not after and len(before) == len(sources):  # the dataset was deleted meanwhile
                self.lake.delete([{"Key": f"{folder}{NAME}"}])
                return 0
            sources = [*(file for file in sources if is_compacted(file.key)), *after]
        self.lake.delete([{"Key": f"{folder}{NAME}"}])  # the sources are visible again
        raise WorkFailedError(f"The files of {self.lake.uri(folder)} change; the next run compacts them.")

    def _write(self, folder: str, sources: Sequence[File]) -> None:
        recorded: dict[str, str] = {}
        for file in sources:
            recorded |= self._recorded(file) if is_compacted(file.key) else {file.key: file.etag}
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / NAME
            schema = self._schema(sources).with_metadata({SOURCES: json.dumps(recorded)})
            with pq.ParquetWriter(path, schema, compression="zstd") as writer:
                waiting: list[pa.Table] = []
                for table in map(self._table, sources):
                    waiting.append(_as(table, schema))
                    if sum(map(len, waiting)) >= GROUP_ROWS:
                        writer.write_table(pa.concat_tables(waiting))
                        waiting = []
                if waiting:
                    writer.write_table(pa.concat_tables(waiting))
            self.lake.upload(f"{folder}{NAME}", path)

    def _schema(self, sources: Sequence[File]) -> pa.Schema:
        schemas = [pa.schema([pa.field(SOURCE_COLUMN, pa.string())])]
        for file in sources:
            with parquet.opened(self.lake, file.key) as opened:
                schemas.append(opened.schema_arrow.remove_metadata())
        return pa.unify_schemas(schemas, promote_options="permissive")

    def _table(self, file: File) -> pa.Table:
        """The rows of a file, each with its source."""
        with parquet.opened(self.lake, file.key) as opened:
            table = opened.read()
        if SOURCE_COLUMN in table.column_names:
            return table
        return table.append_column(SOURCE_COLUMN, pa.array([file.key] * len(table), pa.string()))

    def _recorded(self, compacted: File) -> Mapping[str, str]:
        with parquet.opened(self.lake, compacted.key) as opened:
            found: dict[str, str] = json.loads((opened.schema_arrow.metadata or {})[SOURCES])
            return found

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


def _as(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table with the columns of `schema`; those that it does not have are null."""
    columns = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
