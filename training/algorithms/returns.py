"""How often users come back to each item: milk is bought again, a birthday card is not.

Studies of baskets find that what a household bought most is hard to beat (Li et al., "A next basket
recommendation reality check", 2021), and that items differ in how often they return (Ariannezhad et al.,
"ReCANet", 2022). The blend weighs the two by validation data.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.algorithms import popularity
from training.data.prepared import Sequences

SMOOTHING = 10.0
"""The number of average events that each item is given in addition, so that few events say little."""


def fit(sequences: Sequences, items: int) -> NDArray[np.float32]:
    """The return rate of each item, of all processes: float32[items], relative to that of all items.

    It is the share of the item's events whose user had the item before. All rates are 1 if nothing returns.
    """
    events = sequences.counts(items)
    again = events - popularity.distinct_users(sequences, items)
    mean = again.sum() / max(events.sum(), 1)
    if not mean:
        return np.ones(items, np.float32)
    rates: NDArray[np.float32] = ((again / mean + SMOOTHING) / (events + SMOOTHING)).astype(np.float32)
    return rates
