"""What followed an item in users' histories: counts within a few steps, nearer ones more."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tastemaker.models.sparse import SparseRows
from training.algorithms import pairs
from training.data.prepared import Sequences

WINDOW = 5
"""How far ahead events are counted. A pair at distance d counts 1 / d."""

MAX_NEIGHBORS = 400
"""The entries kept per item. For an item that thousands followed, the lightest ones change no list."""


def fit(sequences: Sequences, items: int, window: int = WINDOW) -> SparseRows:
    """Rows by item of what came next, weighted by the events' weights. Each row sums to 1 before pruning.

    The row of an item that is rarely followed by anything is divided by 1 at least, so that one chance pair
    is not a certainty. The events of all processes are counted.
    """

    def followed(first: int, last: int) -> Iterator[pairs.Pairs]:
        for distance, at in pairs.steps(sequences.offsets, sequences.items, window):
            here = sequences.items[at]
            if last - first < items:
                at = at[(here >= first) & (here < last)]
                here = sequences.items[at]
            weight = sequences.weights[at + distance] / np.float32(distance)
            yield here.astype(np.int64), sequences.items[at + distance].astype(np.int64), weight

    parts = []
    for first, last in pairs.portions(window * sequences.counts(items)):
        keys, sums = pairs.count(followed(first, last), items, sequences.group)
        totals = np.bincount(keys // items, sums, items)
        parts.append(
            pairs.heaviest(keys, sums / np.maximum(totals[keys // items], 1.0), items, MAX_NEIGHBORS)
        )
    return pairs.stacked(parts)
