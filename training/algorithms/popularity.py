"""How many distinct users touched each item."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.data.prepared import Sequences

HALF_LIVES = 10
"""Recency-weighted popularity halves this often over the span of the data. A choice; the blend weighs the
result.
"""


def distinct_users(sequences: Sequences, items: int) -> NDArray[np.int32]:
    """int32[items]: users who touched the item at least once."""
    pair = np.unique(sequences.owners() * items + sequences.items)
    return np.bincount(pair % items, minlength=items).astype(np.int32)


def recent(sequences: Sequences, items: int) -> NDArray[np.float32]:
    """float32[items]: the same, each user counting by how long ago they touched the item and by the weight of
    what they did to it; of several events the one that counts most.
    """
    if not len(sequences.items):
        return np.zeros(items, np.float32)
    latest = int(sequences.times.max())
    span = max(latest - int(sequences.times.min()), 1)
    counts = sequences.weights * 0.5 ** ((latest - sequences.times) / span * HALF_LIVES)
    pair = sequences.owners() * items + sequences.items
    order = np.argsort(pair, kind="stable")
    first = np.flatnonzero(np.concatenate([[True], pair[order][1:] != pair[order][:-1]]))
    most = np.maximum.reduceat(counts[order], first)
    return np.bincount(sequences.items[order[first]], most, items).astype(np.float32)
