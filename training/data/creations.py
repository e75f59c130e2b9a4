"""When items were created, as the catalog tells it or as their interactions do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import NUMBER, Columns
from training.data.prepared import NEVER, Sequences

CREATION_COLUMN = "CREATION_TIMESTAMP"


def creations(columns: Columns, sequences: Sequences) -> NDArray[np.int64]:
    """The creation time of each item: int64[items], seconds.

    Without a creation time, it is the item's oldest interaction, or the newest interaction of all.
    """
    created = sequences.oldest_times(columns.rows)
    created[created == NEVER] = sequences.span()[1]
    column, told = columns.find(CREATION_COLUMN), told_creations(columns)
    if column is not None:
        created[told] = column.values[told].astype(np.int64)
    return created


def told_creations(columns: Columns) -> NDArray[np.bool_]:
    """Which items have a creation time in the catalog: bool[items]."""
    column = columns.find(CREATION_COLUMN)
    if column is None or column.column_type != NUMBER:
        return np.zeros(columns.rows, bool)
    told: NDArray[np.bool_] = ~np.isnan(column.values)
    return told
