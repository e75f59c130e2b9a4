"""How many distinct users each item has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.data.prepared import Sequences

HALF_LIVES = 10
"""How often recency-weighted popularity halves over the time span of the data.

This is a choice. The blend weighs the result.
"""


def distinct_users(sequences: Sequences, items: int) -> NDArray[np.int32]:
    """The number of users of all processes with at least one event with the item: int32[items]."""
    pair = np.unique(sequences.owners() * items + sequences.items)
    return sequences.group.sum(np.bincount(pair % items, minlength=items)).astype(np.int32)


def recent(sequences: Sequences, items: int) -> NDArray[np.float32]:
    """The recency-weighted number of users of all processes: float32[items].

    Each user counts by the time and the weight of the event with the item; of several events, the largest
    value counts.
    """
    oldest, latest = sequences.span()
    span = max(latest - oldest, 1)
    counts = sequences.weights * 0.5 ** ((latest - sequences.times) / span * HALF_LIVES)
    pair = sequences.owners() * items + sequences.items
    order = np.argsort(pair, kind="stable")
    first = np.flatnonzero(np.diff(pair[order], prepend=-1))
    most = np.maximum.reduceat(counts[order], first) if len(first) else counts
    found = np.bincount(sequences.items[order[first]], most, items)
    return sequences.group.sum(found).astype(np.float32)
