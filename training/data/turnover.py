"""Whether the catalog turns over, so that items get events for a short time and none afterwards.

A user's newest event may be weeks old. What suits that event was current then, and the model cannot know that
nobody touches it anymore, because it is measured on events that follow a user's own. So the data decide how
long items live, and answers prefer items that do (`tastemaker.models.turnover`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.turnover import Activity, Turnover, live_items, newest_activity
from training.data.prepared import Prepared, Sequences
from training.distributed.quantiles import quantile

MIN_EVENTS = 1_000
"""With fewer events, the ages of items are chance."""

LIFE_SHARE = 0.98
"""The share of all events that come within the life of their item."""

PAUSE_SHARE = 0.9
"""The share of the pauses between an item's events that are no longer than the pause of a live item."""

MAX_LIFE = 0.25
"""The longest life that is turnover, as a share of the time span of the data.

On a synthetic news site it is .09. In the films, shops and songs that this was tried on, and in data whose
clocks differ between users, it is more than .7.
"""

MIN_IDLE_SHARE = 0.5
"""The share of all events that must be with items that are idle now."""

MAX_EARLY_SHARE = 0.5
"""The largest share of the items with events that may be older than the data if creations are true."""

EDGE_SHARE = 0.05
"""The shares of the oldest and of the newest events that do not count for the time span.

Wrong times would stretch it, and so would events of today in data of past years, as demonstrations send them.
"""

MIN_PAUSES = 100
"""With fewer pauses in the sample, their length is chance, as where items have hardly any events."""

SAMPLED_ITEMS, SAMPLED_EVENTS = 5_000, 2_000_000
"""About how many items pauses are measured of, and how many events these may have."""


def find_turnover(prepared: Prepared) -> Turnover | None:
    """How long items live and pause. None if the catalog does not turn over."""
    sequences, items = prepared.sequences, len(prepared.items)
    if sequences.total() < MIN_EVENTS:
        return None
    activity = activity_of(prepared)
    ages = sequences.times - activity.born[sequences.items]
    life = int(quantile(ages, LIFE_SHARE, sequences.group))
    start, end = (quantile(sequences.times, share, sequences.group) for share in (EDGE_SHARE, 1 - EDGE_SHARE))
    if not 0 < life <= MAX_LIFE * (end - start):
        return None
    pauses = _pauses(sequences, items)
    if len(pauses) < MIN_PAUSES:
        return None
    found = Turnover(life, int(np.quantile(pauses, PAUSE_SHARE)))
    idle = ~live_items(activity, prepared.latest, found)
    counts = sequences.counts(items)
    return found if counts[idle].sum() >= MIN_IDLE_SHARE * counts.sum() else None


def activity_of(prepared: Prepared) -> Activity:
    """When each item was born and last active, of all processes.

    The creation of an item counts if it lies between the oldest event of the data and the item's first one.
    Other times of creation are placeholders, or too old to say how long items live. An item without events
    was created at the newest activity at the latest: only events say what time it is.
    """
    sequences, items = prepared.sequences, len(prepared.items)
    born, last = sequences.oldest_times(items), sequences.newest_times(items)
    known, oldest = last > 0, sequences.span()[0]
    now = newest_activity(last[known], prepared.latest)
    created = np.where(known, prepared.item_created, np.minimum(prepared.item_created, now))
    created = np.where(~known & _placeholders(created, known, oldest), now, created)
    plausible = ~known | ((created >= oldest) & (created <= born))
    return Activity(np.where(plausible, created, born), np.where(known, last, created))


def _placeholders(created: NDArray[np.int64], known: NDArray[np.bool_], oldest: int) -> NDArray[np.bool_]:
    """Which items have a creation before the oldest event that says nothing: bool[items].

    Such a creation is true for an archive of old items without events. It is a placeholder if it is 0, or if
    most items that have events (`known`) were created so early as well.
    """
    early = created < oldest
    is_early_usual = np.count_nonzero(early & known) > MAX_EARLY_SHARE * np.count_nonzero(known)
    found: NDArray[np.bool_] = early & ((created <= 0) | is_early_usual)
    return found


def _pauses(sequences: Sequences, items: int) -> NDArray[np.int64]:
    """The seconds between consecutive times of an item's events, by any users, for a sample of the items.

    All are above 0: events of one time do not tell how long an item pauses.
    """
    step = max(-(-items // SAMPLED_ITEMS), -(-sequences.total() // SAMPLED_EVENTS), 1)
    sampled = sequences.items % step == 0
    joined_items, _ = sequences.group.joined(sequences.items[sampled])
    times, _ = sequences.group.joined(sequences.times[sampled])
    order = np.lexsort((times, joined_items))
    pauses: NDArray[np.int64] = np.diff(times[order])[np.diff(joined_items[order]) == 0]
    return pauses[pauses > 0]
