"""Parquet files as columns of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tastemaker.detection.documents import MAX_COLUMNS, flat_rows
from tastemaker.detection.inputs import DetectionError, Input
from tastemaker.detection.tables import BATCH_ROWS, BadRows
from tastemaker.importing.importer import DAMAGED


@dataclass
class Columnar:
    """A Parquet file. Nested columns are read as JSON documents are."""

    input: Input
    columns: Sequence[str] = ()
    named: bool = True
    bad_rows: BadRows = field(default_factory=BadRows)
    shape: str = "Parquet"

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows as strings. Raises DetectionError if the file is damaged."""
        schema = pa.schema([pa.field(name, pa.string()) for name in self.columns])
        for batch in self._stored():
            if any(pa.types.is_nested(column.type) for column in batch.columns):
                rows = list(flat_rows(iter(batch.to_pylist())))
                yield pa.RecordBatch.from_pylist(rows, schema)
            else:
                yield pa.RecordBatch.from_arrays([_text(column) for column in batch.columns], schema=schema)

    def _stored(self) -> Iterator[pa.RecordBatch]:
        with closing(self.input.raw()) as stream:
            try:
                yield from pq.ParquetFile(pa.PythonFile(stream, mode="r")).iter_batches(BATCH_ROWS)
            except DAMAGED as error:
                raise DetectionError(
                    f"{self.input.name} is damaged or not a Parquet file: {error}.", "Write it again."
                ) from error

    def where(self, row: int) -> str:
        """The number of a row."""
        return f"row {row + 1:,}"


def open_columnar(given: Input) -> Columnar:
    """Read the names of a Parquet file's columns. Raises DetectionError."""
    found = Columnar(given)
    first = next(found._stored(), None)
    if first is None:
        raise DetectionError(f"{given.name} has no rows.", "Export it again.")
    if any(pa.types.is_nested(column.type) for column in first.columns):
        rows = flat_rows(iter(first.to_pylist()))
        found.columns = list(dict.fromkeys(name for row in rows for name in row))[:MAX_COLUMNS]
    else:
        found.columns = first.schema.names
    return found


def _text(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_floating(column.type):
        values = column.drop_null()
        if (
            len(values)
            and pc.all(pc.equal(values, pc.floor(values))).as_py()
            and pc.max(values).as_py() < 1e18
        ):
            column = pc.cast(column, pa.int64(), safe=False)
    if pa.types.is_boolean(column.type):
        return pc.if_else(column, "true", "false")
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return pa.array(
            [None if one is None else one.decode("utf-8", "replace") for one in column.to_pylist()]
        )
    return pc.cast(column, pa.string())
