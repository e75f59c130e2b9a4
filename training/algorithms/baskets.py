"""What is bought together: in one basket, on one day, or only by the same people.

Imported data has no sessions, so a basket is a run of a user's events with less than an hour between them.
The weight of a pair is directional: the share of the baskets with `i` that hold `j`, shrunk because few
baskets prove little, and reduced by the popularity of `j`. A pair on one day counts a fraction of a pair in
one basket, because users differ in how they spread their purchases. Pairs that were only bought by the same
people come after all pairs that were bought together.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.models.sparse import SparseRows
from training.algorithms import pairs, similar
from training.data.baskets import baskets
from training.data.prepared import Sequences

SAME_DAY = 0.25
"""What a pair on one day counts, where a pair in one basket counts 1. This is a choice."""

SHRINKAGE = 5.0
POPULARITY = 0.25
"""The power of the other item's popularity that divides weights. 0 favors what everybody buys."""

WINDOW = 60
"""How many of a user's later events are paired with an event. Longer baskets are wholesalers'."""

MAX_NEIGHBORS = 500
NOT_TOGETHER_SCALE = 1e-6
"""The scale of the weights of pairs that were never bought together, far below all others."""


def fit(sequences: Sequences, items: int) -> SparseRows:
    """Rows of positive weights, at most `MAX_NEIGHBORS` per item."""
    held_in = baskets(sequences)
    events = _distinct(sequences, held_in)
    keys, sums = pairs.count(_together(sequences, held_in, events), items)
    held = np.bincount(sequences.items[events], minlength=items)  # baskets with the item
    rows, columns = keys // items, keys % items
    weights = sums / (held[rows] + SHRINKAGE) / np.maximum(held[columns], 1) ** POPULARITY
    people = similar.count(sequences, items, nearness=False).rows(similar.Weighing())
    others = np.repeat(np.arange(items), np.diff(people.offsets)) * items + people.columns
    new = ~np.isin(others, keys)
    keys = np.concatenate([keys, others[new]])
    weights = np.concatenate([weights, people.values[new] * NOT_TOGETHER_SCALE])
    order = np.argsort(keys, kind="stable")
    return pairs.heaviest(keys[order], weights[order], items, MAX_NEIGHBORS)


def _distinct(sequences: Sequences, held_in: NDArray[np.int64]) -> NDArray[np.int64]:
    """The events, in order, without those whose item is already in the basket."""
    order = np.lexsort((np.arange(len(held_in)), sequences.items, held_in))
    item, basket = sequences.items[order], held_in[order]
    first = np.ones(len(order), bool)
    first[1:] = (item[1:] != item[:-1]) | (basket[1:] != basket[:-1])
    return np.sort(order[first])


def _together(
    sequences: Sequences, held_in: NDArray[np.int64], events: NDArray[np.int64]
) -> Iterator[pairs.Pairs]:
    """Both directions of every pair within a basket or a day."""
    item, time, basket = sequences.items[events].astype(np.int64), sequences.times[events], held_in[events]
    owners = sequences.owners()[events]
    offsets = np.searchsorted(owners, np.arange(sequences.users + 1))
    for distance, at in pairs.steps(offsets, item, WINDOW):
        other = at + distance
        same = basket[at] == basket[other]
        near = same | (time[other] - time[at] <= DAY_SECONDS)
        if not near.any():
            return  # events are ordered by time, so events further ahead are later still
        near &= item[at] != item[other]
        at, other = at[near], other[near]
        weight = np.where(same[near], 1.0, SAME_DAY).astype(np.float32)
        yield item[at], item[other], weight
        yield item[other], item[at], weight
