"""Baskets: a user's purchases that belong together, and splits of histories between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.data.prepared import Sequences

BASKET_GAP = 3600
"""Events of one user with less time between them, in seconds, are in one basket."""

MAX_REPEATED_SHARE = 0.05
"""The largest share of events that repeat an item of their basket.

Where more do, runs of events are visits, in which a user returns to an item, and requests come in the middle.
"""

MIN_SHARE_TOGETHER = 0.5
"""The least share of events that have others in their basket."""


def baskets(sequences: Sequences) -> NDArray[np.int64]:
    """The basket of each event, numbered from 0."""
    begins = np.zeros(len(sequences.items), bool)
    begins[1:] = np.diff(sequences.times) > BASKET_GAP
    begins[sequences.offsets[:-1][sequences.lengths > 0]] = True
    return np.cumsum(begins) - 1


def are_baskets(sequences: Sequences, held_in: NDArray[np.int64]) -> bool:
    """Whether runs of events are baskets: several items each, hardly any of them twice."""
    sizes = np.bincount(held_in)
    items = int(sequences.items.max(initial=0)) + 1
    distinct = len(np.unique(held_in * items + sequences.items))
    mine = np.array([len(held_in), distinct, sizes[sizes > 1].sum()], np.int64)
    events, distinct, together = sequences.group.sum(mine).tolist()
    if not events:
        return False
    return bool(together / events >= MIN_SHARE_TOGETHER and 1 - distinct / events <= MAX_REPEATED_SHARE)


def between(sequences: Sequences, users: NDArray[np.int64], shown: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers of shown events, moved to the nearest begin of a basket within each history.

    They stay as they are where events are no baskets, and for a user with one basket only.
    """
    held_in = baskets(sequences)
    if not are_baskets(sequences, held_in):
        return shown
    moved = shown.copy()
    for place, user in enumerate(users.tolist()):
        mine = held_in[sequences.offsets[user] : sequences.offsets[user + 1]]
        begins = np.flatnonzero(np.diff(mine)) + 1
        if len(begins):
            moved[place] = begins[np.argmin(np.abs(begins - shown[place]))]
    return moved
