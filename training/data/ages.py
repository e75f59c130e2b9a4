"""Measures how interest changes with the age of items: see `tastemaker.models.ages`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.ages import AgeCurve
from tastemaker.models.turnover import Activity, Turnover, live_items, newest_activity
from training.data.creations import told_creations
from training.data.prepared import NEVER, Ages, Prepared
from training.data.turnover import activity_of, find_turnover
from training.distributed.quantiles import quantile

STEPS = 20
"""The number of steps of the curve within the life of items. Each has about as many interactions."""

MAX_LATE_SHARE = 0.5
"""The largest share of the items with events that may be created after them if creations are true."""


def measure(prepared: Prepared, learned: tuple[Turnover, AgeCurve] | None = None) -> Ages | None:
    """The ages of a catalog. None if it does not turn over.

    With a turnover and a curve that were learned before, it has these ages whatever the data say.

    The rate of a step is the number of interactions at these ages, divided by the time that all items
    together have spent at them. So items that have not reached an age yet do not count there. An interaction
    that only tells when its item was born does not count either. An item that nobody has touched, and whose
    creation says nothing, gets the usual age of live items.
    """
    turnover = find_turnover(prepared) if learned is None else learned[0]
    if turnover is None:
        return None
    sequences, life = prepared.sequences, float(turnover.life)
    activity, created = activity_of(prepared), prepared.item_created
    now = newest_activity(activity.last, prepared.latest)
    oldest, told = sequences.oldest_times(len(created)), told_creations(prepared.item_columns)
    new = _told_new(created, oldest, told, now)
    unknown = (oldest == NEVER) & (activity.born >= now) & ~new
    ages = (sequences.times - activity.born[sequences.items])[sequences.times <= now]
    ages = ages[ages >= 0]
    later = ages[ages > 0]
    inner = [quantile(later, step / STEPS, sequences.group) for step in range(1, STEPS)]
    edges = np.unique([0.0, *(edge for edge in inner if 0 < edge < life), life])
    steps = np.searchsorted(edges, ages, "right") - 1
    counts = sequences.group.sum(np.bincount(steps, minlength=len(edges)).astype(np.float64))
    counts[0] -= np.count_nonzero((activity.born == oldest) & (oldest <= now) & ~(told & (created == oldest)))
    lived = np.maximum(now - activity.born, 0)
    spent = np.diff([np.minimum(lived[~unknown], edge).sum() for edge in (*edges, np.inf)])
    rates = (counts + 1.0) / (spent + 1.0)
    live = live_items(activity, prepared.latest, turnover) & ~unknown
    usual = int(np.median(lived[live])) if live.any() else 0
    known = np.where(new, np.minimum(created, prepared.latest), activity.born)
    curve = AgeCurve(edges, rates / rates.max(), usual) if learned is None else learned[1]
    born = np.where(unknown, now - curve.usual, known)
    return Ages(turnover, curve, Activity(born, activity.last), now)


def _told_new(
    created: NDArray[np.int64], oldest: NDArray[np.int64], told: NDArray[np.bool_], now: int
) -> NDArray[np.bool_]:
    """Which items without events have a creation at the newest activity or later: bool[items].

    `oldest` is the time of each item's oldest event. If most items with events have a creation after these,
    creations are those of records and do not say what is new.
    """
    touched = told & (oldest < NEVER)
    if np.count_nonzero(touched & (created > oldest)) > MAX_LATE_SHARE * np.count_nonzero(touched):
        return np.zeros(len(created), bool)
    new: NDArray[np.bool_] = told & (oldest == NEVER) & (created >= now)
    return new
