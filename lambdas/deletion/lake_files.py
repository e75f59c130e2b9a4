"""Files of the lake without the rows of some users.

A file is replaced in place by one write, so that the lists of visible imports and the manifests of running
trainings stay valid. Older versions of the object, which the bucket keeps, are deleted too.
"""

import json
import math
import tempfile
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lambdas.stores import parquet
from lambdas.stores.lake import ConcurrentWriteError, LakeBucket
from tastemaker.contracts.streamed_event import event_columns, stored_columns
from tastemaker.failures import WorkFailedError

ATTEMPTS = 3
OnCount = Callable[[int], None]
"""Receives the number of rows that are about to be deleted."""


def delete_user_rows(lake: LakeBucket, key: str, users: Collection[str], on_count: OnCount) -> int:
    """Delete the rows of `users` from a file of a dataset, and return their number.

    `on_count` receives the number before the rows are deleted.
    """
    return _rewrite(lake, key, {"USER_ID": _text(users)}, _dataset_columns, on_count)


def delete_event_rows(
    lake: LakeBucket, key: str, users: Collection[str], sessions: Collection[str], on_count: OnCount
) -> int:
    """Delete the events of users from a file of streamed events, and return their number.

    Events of `sessions` that name no user are deleted too. `on_count` receives it before the events are
    deleted.
    """
    columns = event_columns("userId", "sessionId")
    wanted = dict(zip(columns, map(_text, (users, sessions)), strict=True))
    return _rewrite(lake, key, wanted, stored_columns, on_count)


def delete_upsert_lines(lake: LakeBucket, key: str, users: Collection[str]) -> None:
    """Delete the lines of users from a file of upserts: JSON lists that begin with the id."""
    deleted = set(users)
    lines = lake.read(key).splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)[0] not in deleted]
    if len(kept) < len(lines):
        lake.write(key, "".join(kept))
    delete_old_versions(lake, key)


def delete_object(lake: LakeBucket, key: str) -> None:
    """Delete an object with all its versions."""
    lake.client.delete_object(Bucket=lake.bucket, Key=key)
    delete_old_versions(lake, key)


def delete_prefix(lake: LakeBucket, prefix: str) -> None:
    """Delete all objects under a prefix with all their versions."""
    lake.purge(prefix, math.inf)
    delete_old_versions(lake, prefix)


def delete_old_versions(lake: LakeBucket, prefix: str) -> None:
    """Delete all versions of objects that are not the current ones.

    The delete marker of a deleted object stays while it is the newest version: without it an older version
    would become the current one.
    """
    pages = lake.client.get_paginator("list_object_versions").paginate(Bucket=lake.bucket, Prefix=prefix)
    for page in pages:
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        old = [version for version in versions if not version["IsLatest"]]
        lake.delete([{"Key": version["Key"], "VersionId": version["VersionId"]} for version in old])


def _text(ids: Collection[str]) -> pa.Array:
    return pa.array(sorted(ids), pa.string())


def _dataset_columns(columns: Iterable[str], found: Collection[str], file: str) -> dict[str, str]:
    """The columns of a file of a dataset. Raises WorkFailedError if one is missing: rows would stay."""
    if missing := [name for name in columns if name not in found]:
        raise WorkFailedError(
            f"{file} has no column {', '.join(missing)}, so that the rows of the users cannot be found; "
            "delete the object or import the dataset again, and start the job again."
        )
    return {name: name for name in columns}


def _rewrite(
    lake: LakeBucket,
    key: str,
    wanted: dict[str, pa.Array],
    columns_of: Callable[[Iterable[str], Collection[str], str], dict[str, str]],
    on_count: OnCount,
) -> int:
    """Delete the rows that `wanted` matches: by its first column, or if that is null by its second.

    `columns_of` finds the columns of `wanted` in the file. Raises LookupError if the file does not exist.
    """
    for attempt in range(ATTEMPTS):
        etag, metadata = lake.version(key)
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "kept.parquet"
            removed = _copy_others(lake, key, path, wanted, columns_of)
            if removed:
                on_count(removed)
                try:
                    lake.replace(key, path, etag=etag, metadata=metadata)
                except ConcurrentWriteError:  # compaction has written the file: it may have new rows
                    if attempt == ATTEMPTS - 1:
                        raise
                    continue
        # Also if no row was removed: an earlier run may have stopped after it had written the new file.
        delete_old_versions(lake, key)
        return removed
    raise AssertionError("The last attempt returns or raises.")


def _copy_others(
    lake: LakeBucket,
    key: str,
    path: Path,
    wanted: dict[str, pa.Array],
    columns_of: Callable[[Iterable[str], Collection[str], str], dict[str, str]],
) -> int:
    """Write the rows that `wanted` does not match to a local file. Returns the number of the others."""
    removed = 0
    with parquet.opened(lake, key) as file:
        stored = columns_of(wanted, file.schema_arrow.names, key)
        wanted = {stored[name]: ids for name, ids in wanted.items()}
        with pq.ParquetWriter(path, file.schema_arrow, compression="zstd") as writer:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group)
                kept = table.filter(pc.invert(_matches(table, wanted)))
                removed += len(table) - len(kept)
                if len(kept):
                    writer.write_table(kept)
    return removed


def _matches(table: pa.Table, wanted: dict[str, pa.Array]) -> pa.ChunkedArray:
    columns = list(wanted)
    found = pc.is_in(table[columns[0]], wanted[columns[0]])
    if len(columns) > 1 and columns[1] in table.column_names:
        anonymous = pc.and_(pc.is_null(table[columns[0]]), pc.is_in(table[columns[1]], wanted[columns[1]]))
        found = pc.or_(found, anonymous)
    return pc.fill_null(found, False)
