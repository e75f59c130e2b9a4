"""One Parquet file of the lake without the rows of some users.

It is replaced in place, by one write, so that the lists of what is visible, and the manifests of trainings
that are under way, stay true. Older versions of the object are deleted: the bucket keeps them otherwise.
"""

import json
import math
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lambdas.stores import parquet
from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.streamed_event import event_columns

Note = Callable[[int], None]


def without_users(lake: LakeBucket, key: str, users: Collection[str], note: Note) -> int:
    """Delete the rows of a dataset's file. Returns how many, which `note` is told before they are gone."""
    return _rewrite(lake, key, {"USER_ID": pa.array(sorted(users), pa.string())}, note)


def without_events(
    lake: LakeBucket, key: str, users: Collection[str], sessions: Collection[str], note: Note
) -> int:
    """Delete the users' streamed events, and those of their sessions that name no user; as above."""
    wanted = (pa.array(sorted(ids), pa.string()) for ids in (users, sessions))
    return _rewrite(lake, key, dict(zip(event_columns("userId", "sessionId"), wanted, strict=True)), note)


def without_lines(lake: LakeBucket, key: str, users: Collection[str]) -> None:
    """Delete the users' lines of a file of put records: JSON lists that begin with the id."""
    gone = set(users)
    lines = lake.read(key).splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)[0] not in gone]
    if len(kept) < len(lines):
        lake.write(key, "".join(kept))
    forget_versions(lake, key)


def _rewrite(lake: LakeBucket, key: str, wanted: dict[str, pa.Array], note: Note) -> int:
    user_column = next(iter(wanted))
    removed = 0
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "kept.parquet"
        with parquet.opened(lake, key) as file:
            if user_column not in file.schema_arrow.names:
                return 0
            with pq.ParquetWriter(path, file.schema_arrow, compression="zstd") as writer:
                for group in range(file.num_row_groups):
                    table = file.read_row_group(group)
                    kept = table.filter(pc.invert(_theirs(table, wanted)))
                    removed += len(table) - len(kept)
                    if len(kept):
                        writer.write_table(kept)
        if removed:
            note(removed)
            lake.client.upload_file(str(path), lake.bucket, key)
    # Also when nothing had to be removed: a run that was stopped may have come as far as the new file.
    forget_versions(lake, key)
    return removed


def _theirs(table: pa.Table, wanted: dict[str, pa.Array]) -> pa.ChunkedArray:
    columns = list(wanted)
    found = pc.is_in(table[columns[0]], wanted[columns[0]])
    if len(columns) > 1 and columns[1] in table.column_names:
        anonymous = pc.and_(pc.is_null(table[columns[0]]), pc.is_in(table[columns[1]], wanted[columns[1]]))
        found = pc.or_(found, anonymous)
    return pc.fill_null(found, False)


def forget(lake: LakeBucket, key: str) -> None:
    """Delete an object with all its versions."""
    lake.client.delete_object(Bucket=lake.bucket, Key=key)
    forget_versions(lake, key)


def forget_all(lake: LakeBucket, prefix: str) -> None:
    """Delete all objects under a prefix with all their versions."""
    lake.purge(prefix, math.inf)
    forget_versions(lake, prefix)


def forget_versions(lake: LakeBucket, prefix: str) -> None:
    """Delete the versions of objects that are no longer the current ones. The mark of an object that is
    deleted stays as long as it is the newest version: without it an older one would be current again."""
    pages = lake.client.get_paginator("list_object_versions").paginate(Bucket=lake.bucket, Prefix=prefix)
    for page in pages:
        everything = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        old = [one for one in everything if not one["IsLatest"]]
        lake.delete([{"Key": one["Key"], "VersionId": one["VersionId"]} for one in old])
