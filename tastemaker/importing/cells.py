"""Batches of text → typed batches, with a few bad cells stored as null where the service accepts them.

In columns that describe items, users or actions, one cell in 500 may be empty or unreadable; it is stored as
null. The service does the same: its own workshop imports a catalog of films in which a dozen of 9,742 years
are empty and one is `2006–2007`, with a schema that says `int`, and the job becomes ACTIVE. Ids, times and
interactions must be correct in every row.
"""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from tastemaker.importing.column_rules import BadCellError, ColumnRule, stored_schema
from tastemaker.importing.conversion import as_text, convert

ROWS_PER_BAD_CELL = 500
"""A lenient column may have one bad cell for so many rows of a batch."""


def typed(batch: pa.RecordBatch, rules: Sequence[ColumnRule], now: float) -> pa.RecordBatch:
    """The columns of a batch with their types, in the order of `rules`.

    `now` is the present in seconds since 1970. Raises BadCellError for the first bad row.
    """
    columns: list[pa.Array] = []
    first: BadCellError | None = None
    for i, rule in enumerate(rules):
        try:
            columns.append(_column(batch.column(i), rule, now))
        except BadCellError as error:
            error = _earliest(batch.column(i), rule, now, error)
            if first is None or error.row < first.row:
                first = error
    if first is not None:
        raise first
    return pa.RecordBatch.from_arrays(columns, schema=stored_schema(rules))


def _column(cells: pa.Array, rule: ColumnRule, now: float) -> pa.Array:
    try:
        return convert(cells, rule, now)
    except BadCellError as error:
        if not rule.lenient or pa.types.is_nested(cells.type):
            raise
        return _with_nulls(cells, rule, now, error)


def _earliest(cells: pa.Array, rule: ColumnRule, now: float, error: BadCellError) -> BadCellError:
    """The first error of a column, of which one is known: a later rule may have failed in an earlier row."""
    while error.row:
        try:
            _column(cells.slice(0, error.row), rule, now)
        except BadCellError as earlier:
            error = earlier
        else:
            break
    return error


def _with_nulls(cells: pa.Array, rule: ColumnRule, now: float, first: BadCellError) -> pa.Array:
    """The column with its bad cells as null. Raises the first error if there are too many of them."""
    left = len(cells) // ROWS_PER_BAD_CELL
    if not rule.nullable:
        texts = as_text(cells, rule) if not pa.types.is_string(cells.type) else cells
        left -= pc.sum(pc.fill_null(pc.equal(pc.binary_length(texts), 0), True)).as_py()
    rows = pa.array(range(len(cells)))
    while left >= 0:
        try:
            return convert(cells, replace(rule, nullable=True), now)
        except BadCellError as error:
            left -= 1
            cells = pc.if_else(pc.equal(rows, error.row), pa.scalar(None, cells.type), cells)
    raise first
