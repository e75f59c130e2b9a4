"""How many distinct users touched each item."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.data import Sequences

HALF_LIVES = 10
"""Recency-weighted popularity halves this often over the span of the data. A choice; the blend weighs the
result.
"""


def distinct_users(sequences: Sequences, items: int) -> NDArray[np.int32]:
    """int32[items]: users who touched the item at least once."""
    pair = np.unique(sequences.owners() * items + sequences.items)
    return np.bincount(pair % items, minlength=items).astype(np.int32)


def recent(sequences: Sequences, items: int) -> NDArray[np.float32]:
    """float32[items]: the same, each user counting by how long ago it was that they touched the item."""
    if not len(sequences.items):
        return np.zeros(items, np.float32)
    pair = sequences.owners() * items + sequences.items
    latest = int(sequences.times.max())
    span = max(latest - int(sequences.times.min()), 1)
    order = np.lexsort((sequences.times, pair))
    last = np.concatenate([pair[order][1:] != pair[order][:-1], [True]])
    newest = order[last]
    age = (latest - sequences.times[newest]) / span
    return np.bincount(sequences.items[newest], 0.5 ** (age * HALF_LIVES), items).astype(np.float32)
