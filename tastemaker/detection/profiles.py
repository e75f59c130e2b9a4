"""What a sample of a column looks like: its type, its times, and how many values it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tastemaker.detection import numbers, times
from tastemaker.detection.naming import TIME, score
from tastemaker.detection.tables import Table
from tastemaker.detection.times import TimeFormat
from tastemaker.importing.report import NULL_IDS

SAMPLE_ROWS = 50_000
FORMAT_VALUES = 2_000
"""Distinct values from which formats are detected."""
_TRUTH = {frozenset(pair) for pair in (("true", "false"), ("yes", "no"), ("t", "f"), ("y", "n"), ("0", "1"))}


@dataclass(frozen=True)
class Profile:
    """A column of the sample. Shares are of the cells that are not empty."""

    name: str
    rows: int
    filled: int
    distinct: int
    decimal_sign: str | None = None
    whole: bool = False
    time: TimeFormat | None = None
    is_clock: bool = False
    mean_length: float = 0.0
    max_length: int = 0
    examples: tuple[str, ...] = ()
    is_truth: bool = False
    largest: float = 0.0

    @property
    def is_number(self) -> bool:
        """Whether the cells are numbers."""
        return self.decimal_sign is not None

    @property
    def unique(self) -> float:
        """The share of distinct values."""
        return self.distinct / self.filled if self.filled else 0.0

    @property
    def share_filled(self) -> float:
        """The share of rows with a value."""
        return self.filled / self.rows if self.rows else 0.0


def sample(tables: Iterable[Table], rows: int = SAMPLE_ROWS) -> pa.Table:
    """The first rows of tables with the same columns."""
    batches: list[pa.RecordBatch] = []
    found = 0
    schema: pa.Schema | None = None
    for table in tables:
        schema = schema or pa.schema([pa.field(name, pa.string()) for name in table.columns])
        for batch in table.batches():
            batches.append(batch.select(schema.names).slice(0, rows - found).cast(schema))
            found += batches[-1].num_rows
            if found >= rows:
                break
        if found >= rows:
            break
    return pa.Table.from_batches(batches, schema).combine_chunks()


def profile(table: pa.Table) -> Mapping[str, Profile]:
    """The profiles of a sample's columns."""
    return {
        name: _profile(name, column) for name, column in zip(table.column_names, table.columns, strict=True)
    }


def filled_cells(cells: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The cells that have a value, without blanks around it."""
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.combine_chunks()
    return present(cells).drop_null()


def present(cells: pa.Array) -> pa.Array:
    """The cells without blanks around them; null for empty cells and for what programs write for no value."""
    plain = pc.utf8_trim_whitespace(cells)
    absent = pc.or_(pc.equal(pc.binary_length(plain), 0), pc.is_in(plain, NULL_IDS.texts))
    return pc.if_else(pc.fill_null(absent, True), pa.scalar(None, pa.string()), plain)


def _profile(name: str, column: pa.ChunkedArray) -> Profile:
    cells = filled_cells(column)
    distinct = pc.unique(cells)
    some = distinct.slice(0, FORMAT_VALUES)
    if not len(cells):
        return Profile(name, len(column), 0, 0)
    sign = numbers.decimal_sign(some)
    read = numbers.read(some, sign) if sign else None
    lengths = pc.utf8_length(some)
    lowered = frozenset(text.lower() for text in distinct.slice(0, 3).to_pylist())
    clock = times.seconds_of_day(some.slice(0, 200))
    return Profile(
        name,
        len(column),
        len(cells),
        len(distinct),
        decimal_sign=sign,
        whole=read is not None and numbers.are_whole(read),
        time=times.detect(some, days=score(TIME, name) >= 8),
        is_clock=clock.null_count < 0.1 * len(clock),
        mean_length=float(pc.mean(lengths).as_py()),
        max_length=int(pc.max(lengths).as_py()),
        examples=tuple(some.slice(0, 3).to_pylist()),
        is_truth=lowered in _TRUTH,
        largest=float(pc.max(pc.abs(read)).as_py() or 0.0) if read is not None else 0.0,
    )
