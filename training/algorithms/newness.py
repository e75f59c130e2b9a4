"""Which items have few interactions because they are new, and not because hardly anybody wants them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.turnover import newest_activity
from training.algorithms.content import COLD
from training.data.prepared import Sequences

GROWN_SHARE = 0.5
"""The share of items that once looked new and since got `COLD` interactions, if few interactions mean new."""

MAX_UNSEEN_SHARE = 0.1
"""Items without an interaction and without a creation time are new, unless this share has no interaction.

The service takes every such item as new. Where there are more, they are the part of a catalog that nobody
wants.
"""


def new_items(
    sequences: Sequences, created: NDArray[np.int64], told: NDArray[np.bool_], latest: int
) -> NDArray[np.bool_]:
    """The items with fewer than `COLD` interactions that are younger than it usually takes to get as many.

    `created` [items] is the creation time of each item that is `told`, or else the item's first interaction,
    or else `latest`, the end of the data. Where no creation is told, old items that hardly anybody wants look
    new as well, from their first interaction on. So items count as new only if most of those that looked new
    at an earlier time have grown since. An item without any interaction then counts as new up to
    `MAX_UNSEEN_SHARE` of the items. Ages are counted back from the newest activity, so that one event
    with a wrong time does not make all items old.
    """
    counts = np.bincount(sequences.items, minlength=len(created))
    order = np.lexsort((sequences.times, sequences.items))
    times, begins = sequences.times[order], np.cumsum(counts) - counts
    ends = begins + counts - 1
    latest = newest_activity(times[ends[counts > 0]], latest)
    known = begins[counts >= COLD]
    usual = float(np.median(times[known + COLD - 1] - times[known])) if len(known) else np.inf
    new: NDArray[np.bool_] = (counts < COLD) & (latest - created <= usual)
    if not _grow(sequences, counts, times[begins[counts > 0]], latest - usual, usual):
        new &= told | ((counts == 0) & (np.mean(counts == 0) <= MAX_UNSEEN_SHARE))
    return new


def _grow(
    sequences: Sequences, counts: NDArray[np.integer], firsts: NDArray[np.int64], then: float, usual: float
) -> bool:
    """Whether most items that were new at the time `then` have `COLD` interactions now, or none was new.

    `firsts` is the first interaction of each item that has one.
    """
    before = np.bincount(sequences.items[sequences.times <= then], minlength=len(counts))[counts > 0]
    looked_new = (before > 0) & (before < COLD) & (firsts >= then - usual)
    grown = counts[counts > 0][looked_new] >= COLD
    return not len(grown) or bool(grown.mean() >= GROWN_SHARE)
