"""Parquet files of the lake, read a few rows at a time, for functions that carry the columnar engine."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow.parquet as pq

from lambdas.common.lake import LakeBucket

BATCH_ROWS = 1 << 16


@contextmanager
def opened(lake: LakeBucket, key: str) -> Iterator[pq.ParquetFile]:
    """A file of the lake, on local disk while it is open."""
    with tempfile.NamedTemporaryFile(suffix=".parquet") as local:
        body = lake.client.get_object(Bucket=lake.bucket, Key=key)["Body"]
        while chunk := body.read(1 << 20):
            local.write(chunk)
        local.flush()
        with pq.ParquetFile(local.name) as file:
            yield file


def rows(lake: LakeBucket, key: str, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    """The rows of a file as tuples of these columns; one that the file lacks is None in every row."""
    with opened(lake, key) as file:
        present = [name for name in columns if name in file.schema_arrow.names]
        for batch in file.iter_batches(BATCH_ROWS, columns=present):
            found = {name: batch.column(name).to_pylist() for name in present}
            nothing = [None] * batch.num_rows
            yield from zip(*(found.get(name, nothing) for name in columns), strict=True)


def keys(lake: LakeBucket, prefix: str) -> list[str]:
    """The Parquet files under a prefix, in the order of their names."""
    return [key for key, _ in lake.objects(prefix) if key.endswith(".parquet")]
