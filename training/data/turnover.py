"""Whether the catalog turns over, so that items get events for a short time and none afterwards.

A user's newest event may be weeks old. What suits that event was current then, and the model cannot know that
nobody touches it anymore, because it is measured on events that follow a user's own. So the data decide how
long an item may go without an event before it counts as idle, and answers prefer items that are not
(`tastemaker.models.turnover`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.turnover import newest_activity
from training.data.prepared import Prepared, Sequences
from training.distributed.quantiles import quantile

SAMPLED_ITEMS, SAMPLED_EVENTS = 5_000, 2_000_000
"""About how many items pauses are measured of, and how many events these may have."""

MIN_PAUSES = 500
"""With fewer pauses between events of one item, the longest ones are chance."""

PAUSE_SHARE, MARGIN = 0.99, 2
"""An item is idle after twice the pause that is longer than 99 % of the pauses between its events."""

MIN_IDLE_SHARE = 0.5
"""The share of all events that must be on items that are idle now.

It is .9 for a news site, and at most .03 for the films, shops and songs that this was tried on. Data whose
clocks differ between users reach it too.
"""

MAX_LIVE_AGE = 0.25
"""Most events on live items must be on items that appeared in the last quarter of the time span.

Otherwise clocks differ between users, or a catalog was closed, and no new items have replaced the idle ones.
"""

START_SHARE = 0.05
"""The share of the oldest events that does not count for the time span, which wrong times would stretch."""


def idle_limit(prepared: Prepared) -> int | None:
    """After how many seconds without an event an item is idle. None if the catalog does not turn over."""
    sequences, items = prepared.sequences, len(prepared.items)
    pauses = _pauses(sequences, items)
    if len(pauses) < MIN_PAUSES:
        return None
    limit = int(MARGIN * np.quantile(pauses, PAUSE_SHARE))
    counts = sequences.counts(items)
    known = np.flatnonzero(counts)
    first, last = (ends[known] for ends in _ends(sequences, items))
    counts, newest = counts[known], newest_activity(last, prepared.latest)
    idle = newest - last > limit
    if counts[idle].sum() < MIN_IDLE_SHARE * counts.sum():
        return None
    start = quantile(sequences.times, START_SHARE, sequences.group)
    aged = newest - first[~idle] > MAX_LIVE_AGE * (newest - start)
    return None if counts[~idle][aged].sum() > 0.5 * counts[~idle].sum() else limit


def last_activity(prepared: Prepared) -> NDArray[np.int64]:
    """The time of each item's newest event, or of its creation if it has none: int64[items]."""
    _, last = _ends(prepared.sequences, len(prepared.items))
    return np.where(last > 0, last, prepared.item_created)


def _ends(sequences: Sequences, items: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The times of each item's oldest and newest event of all processes. 0 is the newest if there is none."""
    last = np.zeros(items, np.int64)
    np.maximum.at(last, sequences.items, sequences.times)
    first = np.full(items, np.iinfo(np.int64).max)
    np.minimum.at(first, sequences.items, sequences.times)
    return -sequences.group.largest(-first), sequences.group.largest(last)


def _pauses(sequences: Sequences, items: int) -> NDArray[np.int64]:
    """The seconds between consecutive events of an item, by any users, for a sample of the items."""
    step = max(-(-items // SAMPLED_ITEMS), -(-sequences.total() // SAMPLED_EVENTS), 1)
    sampled = sequences.items % step == 0
    joined_items, _ = sequences.group.joined(sequences.items[sampled])
    times, _ = sequences.group.joined(sequences.times[sampled])
    order = np.lexsort((times, joined_items))
    pauses: NDArray[np.int64] = np.diff(times[order])[np.diff(joined_items[order]) == 0]
    return pauses
