"""Bulk entry: sittings in which users enter many items at once, as on a site that asks for ratings.

The order of events within such a sitting is the order in which the site shows its items. So neither the next
event nor nearness says what goes together.
"""

from __future__ import annotations

import numpy as np

from training.data.baskets import baskets
from training.data.prepared import Sequences

MIN_ITEMS = 40
"""The least number of distinct items of such a sitting. Nobody chooses so many in one visit."""

MAX_SECONDS = 60
"""The most seconds that an item of such a sitting takes on average. Who watches or listens takes longer."""

MIN_SHARE = 0.5
"""The least share of events that come in such sittings, where users enter items in bulk."""


def is_bulk(sequences: Sequences) -> bool:
    """Whether most events come in sittings of bulk entry."""
    events = len(sequences.items)
    if not events:
        return False
    sitting = baskets(sequences)
    items = int(sequences.items.max()) + 1
    distinct = np.bincount(np.unique(sitting * items + sequences.items) // items)
    first = np.flatnonzero(np.diff(sitting, prepend=-1))
    last = np.append(first[1:], events) - 1
    seconds = sequences.times[last] - sequences.times[first]
    bulk = (distinct >= MIN_ITEMS) & (seconds <= MAX_SECONDS * distinct)
    return bool(np.bincount(sitting)[bulk].sum() >= MIN_SHARE * events)
