"""Reading Parquet files of the lake a few rows at a time, for functions that include pyarrow."""

import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.compaction import SOURCE_COLUMN, is_compacted, source_times, visible
from tastemaker.contracts.streamed_event import stored_columns
from tastemaker.failures import WorkFailedError

BATCH_ROWS = 1 << 16

Row = tuple[Any, ...]
"""The values of one row in the order of the requested columns; their types are those of the file."""


class DamagedFileError(WorkFailedError):
    """A Parquet file of the lake that cannot be read."""

    def __init__(self, uri: str, why: object) -> None:
        super().__init__(
            f"{uri} cannot be read as Parquet ({' '.join(str(why).split())}); restore an earlier version of "
            "the object or delete it, and start the job again."
        )


@contextmanager
def opened(lake: LakeBucket, key: str) -> Iterator[pq.ParquetFile]:
    """A file of the lake, which is copied to local disk while it is open.

    Raises DamagedFileError if the file, or a part of it that is read meanwhile, is not valid Parquet.
    """
    with tempfile.NamedTemporaryFile(suffix=".parquet") as local:
        body = lake.client.get_object(Bucket=lake.bucket, Key=key)["Body"]
        while chunk := body.read(1 << 20):
            local.write(chunk)
        local.flush()
        with _named_damage(lake.uri(key)), pq.ParquetFile(local.name) as file:
            yield file


@contextmanager
def _named_damage(uri: str) -> Iterator[None]:
    """Name the file in errors of pyarrow, whose types depend on where the file is damaged."""
    try:
        yield
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise DamagedFileError(uri, error) from error
    except OSError as error:
        if error.errno is not None:  # a full disk, for example: nothing is wrong with the file
            raise
        raise DamagedFileError(uri, error) from error


def rows(
    lake: LakeBucket, key: str, columns: list[str], only: Collection[str] | None = None
) -> Iterator[Row]:
    """The values of `columns` in each row of a file. A column that the file does not have is None.

    `only` selects the rows whose first column, which is text, has one of these values.
    """
    with opened(lake, key) as file:
        there = set(file.schema_arrow.names)
        yield from _rows(file, columns, {name: name for name in columns if name in there}, only)


def event_rows(
    lake: LakeBucket,
    key: str,
    members: list[str],
    only: Collection[str] | None = None,
    read: Collection[str] = (),
    since: float = 0.0,
) -> Iterator[Row]:
    """Like `rows` for a file of streamed events, by the members of an event.

    `read` are the keys of files that were read before, and `since` is a time in seconds since 1970: a
    compacted file has also rows of files that were read or were written until then, which are left out.
    Raises MissingColumnError if the file lacks a column that all such files have.
    """
    with opened(lake, key) as file:
        stored = stored_columns(members, file.schema_arrow.names, key)
        if is_compacted(key):
            times = source_times(key, file.schema_arrow.metadata)
            read = {source for source, at in times.items() if source in read or at <= since}
        else:
            read = ()
        yield from _rows(file, members, stored, only, read)


def _rows(
    file: pq.ParquetFile,
    names: list[str],
    stored: Mapping[str, str],
    only: Collection[str] | None,
    read: Collection[str] = (),
) -> Iterator[Row]:
    """The values of `names`, whose columns in the file are `stored`."""
    wanted = None if only is None else pa.array(sorted(only), pa.string())
    if wanted is not None and names[0] not in stored:
        return
    known = pa.array(sorted(read), pa.string())
    columns = [*stored.values(), *([SOURCE_COLUMN] if read else [])]
    for batch in file.iter_batches(BATCH_ROWS, columns=columns):
        if read:
            batch = batch.filter(pc.invert(pc.is_in(batch.column(SOURCE_COLUMN), known)))
        if wanted is not None:
            batch = batch.filter(pc.is_in(batch.column(stored[names[0]]), wanted))
        found = {name: batch.column(column).to_pylist() for name, column in stored.items()}
        nothing = [None] * batch.num_rows
        yield from zip(*(found.get(name, nothing) for name in names), strict=True)


def keys(lake: LakeBucket, prefix: str) -> list[str]:
    """The keys of the Parquet files under a prefix, in order."""
    return [key for key, _ in lake.objects(prefix) if key.endswith(".parquet")]


def event_keys(lake: LakeBucket, prefix: str) -> list[str]:
    """The keys of the files of streamed events under a prefix, in order, without hidden ones."""
    return [key for key, _ in visible(lake.objects(prefix)) if key.endswith(".parquet")]
