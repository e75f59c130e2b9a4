"""Events of one time whose order says nothing, such as a receipt's lines that are sorted by product number.

A model would learn the sorting: on a year of groceries, the network predicted the next line of a receipt from
its product number, and the next receipt worse with each pass. So such events are mixed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import Ids
from training.data.events import Events
from training.distributed.process_group import ProcessGroup
from training.progress import log

MIN_PAIRS = 1_000
"""With fewer pairs of events of one time, their order is chance."""

SORTED_SHARE = 0.75
"""From this share of pairs in the order of their item ids on, or in the opposite one, they are sorted."""

MAX_OTHER_SHARE = 0.6
"""Up to this share of other pairs in that order, it is not the order in which people take the items.

Lessons of a course are taken in the order of their ids, on one day and on different days.
"""


def mixed(events: Events, group: ProcessGroup) -> Events:
    """The same events. If those of one user and time are sorted by item id, they are mixed.

    The mixed order depends on times and items alone, so it is the same for any number of processes.
    """
    owners = np.repeat(np.arange(len(events.offsets) - 1), np.diff(events.offsets))
    inside = (owners[1:] == owners[:-1]) & (events.item[1:] != events.item[:-1])
    ranks = _ranks(events.items)[events.item]
    rising, tied = ranks[1:] > ranks[:-1], events.time[1:] == events.time[:-1]
    counted = (inside & tied, inside & tied & rising, inside & ~tied, inside & ~tied & rising)
    pairs, up, others, others_up = group.sum(np.array([np.count_nonzero(one) for one in counted])).tolist()
    if pairs < MIN_PAIRS:
        return events
    share, usual = up / pairs, others_up / max(others, 1)
    if share < 0.5:
        share, usual = 1 - share, 1 - usual
    if share < SORTED_SHARE or (others and usual > MAX_OTHER_SHARE):
        return events
    log(
        f"data: {share:.0%} of {pairs:,} pairs of events of one time are sorted by item id, so they are mixed"
    )
    return events.selected(np.lexsort((_noise(events.time, events.item), events.time, owners)))


def _ranks(ids: Ids) -> NDArray[np.int64]:
    """The place of each id in the order of numbers: shorter ones first. `ids` are in the order of texts."""
    ranks = np.empty(len(ids), np.int64)
    ranks[np.argsort(np.diff(ids.offsets), kind="stable")] = np.arange(len(ids))
    return ranks


def _noise(times: NDArray[np.int64], items: NDArray[np.int32]) -> NDArray[np.uint64]:
    """Numbers without a pattern for each time and item (the finalizer of Steele et al., "SplitMix", 2014)."""
    mixed = times.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + items.astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))
