"""Interactions of many files → arrays of events, a shard of users in each.

    files ── read, a task each ──► rows ── sessions joined ──► rows ── to the shard of their user ──► arranged

Spark sorts users into ranges; within a shard `group_by_user` does what one machine does with all rows, and
`training.data.events.merge` reads the shards as one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from distributed.storage import Storage
from tastemaker.contracts.lake_layout import PreparedFolder
from training.config import Config
from training.data import parquet
from training.data.dictionary_encoding import as_dictionary
from training.data.events import ARRIVAL_COLUMN, EVENT_ID_COLUMN, group_by_user
from training.data.prepare import context_columns

SESSION = "SESSION"
FILE_ROWS = 1 << 36
"""More than the rows of a file: a file's number times this, plus the row, orders rows as one reader does."""

SHARD_BYTES = 64 << 20
"""Compressed Parquet of one shard, some six million events: a gigabyte while it is arranged."""


def prepare(
    spark: SparkSession,
    config: Config,
    keys: Sequence[str],
    lake: Storage,
    folder: PreparedFolder,
    shards: int,
) -> int:
    """Write the events of `keys` (those below the configuration's prefixes count) as shards below `folder`.

    Returns the number of events. Raises BadDataError, wrapped by Spark, for what one machine refuses too.
    """
    context = context_columns(config)
    bulk = _below(keys, config.datasets["INTERACTIONS"].prefixes)
    streamed = _below(keys, config.events)
    rows = _read(spark, lake, bulk, streamed, context)
    if streamed:
        rows = _joined(rows)
    whole = F.col("USER_ID").isNotNull() & F.col("ITEM_ID").isNotNull() & F.col("TIMESTAMP").isNotNull()

    def arrange(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        table = _table(batches)
        if table is None:
            return
        events = group_by_user(table, context)
        number = TaskContext.get().partitionId()
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "shard.npz"
            np.savez(path, **events.arrays())  # type: ignore[arg-type]
            lake.store(path, folder.shard(number))
        yield pa.RecordBatch.from_pydict({"shard": [number], "events": [len(events)]})

    sorted_out = rows.where(whole).drop(SESSION).repartitionByRange(shards, "USER_ID")
    written = sorted_out.mapInArrow(arrange, "shard long, events long").collect()
    names = [folder.shard(shard) for shard, _ in sorted(written)]
    lake.write(folder.index, {"shards": names})
    return sum(events for _, events in written)


def _below(keys: Sequence[str], prefixes: Sequence[str]) -> list[str]:
    """Parquet files in the order in which one machine reads them: by prefix, then by path."""
    found = []
    for prefix in prefixes:
        some = [key for key in keys if key.startswith(prefix) and key.endswith(".parquet")]
        found += sorted(some, key=lambda key: PurePosixPath(key).parts)
    return found


def _read(
    spark: SparkSession, lake: Storage, bulk: Sequence[str], streamed: Sequence[str], context: Sequence[str]
) -> DataFrame:
    """The rows of all files, one task for each file.

    Columns: USER_ID, ITEM_ID, EVENT_TYPE, TIMESTAMP, EVENT_VALUE, the context columns, ARRIVED and SESSION.
    Streamed events may lack a user or an item.
    """
    columns = parquet.interaction_columns(context, pa.string())
    ours = [(EVENT_ID_COLUMN, pa.string()), (ARRIVAL_COLUMN, pa.int64()), (SESSION, pa.string())]
    schema = pa.schema([*columns.items(), *ours])

    def rows(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for file in batch.to_pylist():
                with tempfile.TemporaryDirectory() as scratch:
                    path, at = lake.fetch(file["key"], Path(scratch)), file["number"] * FILE_ROWS
                    for table in _tables(path, file["streamed"]):
                        arrived = pa.array(np.arange(at, at + len(table)))
                        at += len(table)
                        yield from (
                            table.append_column(ARRIVAL_COLUMN, arrived)
                            .select(schema.names)
                            .cast(schema)
                            .to_batches()
                        )

    def _tables(path: Path, is_streamed: bool) -> Iterator[pa.Table]:
        if not is_streamed:
            for table in parquet.read_file(path, columns, "Interactions"):
                yield parquet.without_event_ids(table).append_column(
                    SESSION, pa.nulls(len(table), pa.string())
                )
            return
        for raw in parquet.read_file(path, parquet.STREAMED, "streamed events", events=True):
            events = parquet.as_interactions(raw, raw["userId"], context)
            yield events.append_column(SESSION, raw["sessionId"])

    files = [(key, False) for key in bulk] + [(key, True) for key in streamed]
    numbered = [(number, key, kind) for number, (key, kind) in enumerate(files)]
    names = spark.sparkContext.parallelize(numbered, max(1, len(numbered)))
    return names.toDF("number long, key string, streamed boolean").mapInArrow(rows, _spark_schema(schema))


def _joined(rows: DataFrame) -> DataFrame:
    """Give events without a user the user that the newest event of their session names.

    The single-machine counterpart is `parquet.join_sessions`.
    """
    user = F.when(F.col("USER_ID") != "", F.col("USER_ID"))
    named = rows.where(user.isNotNull() & (F.col(SESSION) != ""))
    newest = F.max(F.struct("TIMESTAMP", ARRIVAL_COLUMN, "USER_ID"))["USER_ID"].alias("OWNER")
    owners = named.groupBy(SESSION).agg(newest)
    return (
        rows.join(owners, SESSION, "left")
        .withColumn("USER_ID", F.coalesce(user, F.col("OWNER")))
        .drop("OWNER")
    )


def _table(batches: Iterator[pa.RecordBatch]) -> pa.Table | None:
    """All rows of a shard, each text once."""
    tables = []
    for batch in batches:
        arrays = [
            as_dictionary(column) if pa.types.is_string(column.type) else column for column in batch.columns
        ]
        tables.append(pa.table(arrays, batch.schema.names))
    table = pa.concat_tables(tables) if tables else None
    return table if table else None


def _spark_schema(schema: pa.Schema) -> Any:
    kinds = {pa.string(): "string", pa.int64(): "long", pa.float64(): "double"}
    return ", ".join(f"`{field.name}` {kinds[field.type]}" for field in schema)
