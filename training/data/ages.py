"""Measures how interactions come and go with the age of an item: see `tastemaker.models.ages`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.ages import AgeCurve
from tastemaker.models.turnover import Turnover, newest_activity
from training.data.prepared import Prepared, Sequences
from training.data.turnover import activity_of
from training.distributed.quantiles import quantile

STEPS = 20
"""The number of steps of the curve. Each has about as many interactions."""


@dataclass(frozen=True)
class Ages:
    """The curve of a catalog, and when each of its items was born: int64[items], in seconds since 1970."""

    curve: AgeCurve
    born: NDArray[np.int64]
    newest: int
    """The time from which ages are counted back."""
    life: int
    """The age in seconds after which lists no longer have an item."""

    def scores(self, moment: int) -> NDArray[np.float32]:
        """The scores of the part `age` for a list that was shown at a time: float32[items]."""
        return self.curve.scores(np.maximum(moment - self.born, 0), np.maximum(self.newest - self.born, 0))

    def absent(self, moment: int, chosen: Sequence[int] | NDArray[np.integer] = ()) -> NDArray[np.bool_]:
        """The items that a list of that time could not have, because they came later or were too old.

        Items that were `chosen` then are not absent.
        """
        absent: NDArray[np.bool_] = (self.born > moment) | (moment - self.born > self.life)
        absent[np.asarray(chosen, np.intp)] = False
        return absent


def moment_of(sequences: Sequences, user: int, shown: int) -> int:
    """The time for which a case asks: that of the first event after the `shown` ones."""
    return int(sequences.times[sequences.offsets[user] + shown])


def measure(prepared: Prepared, turnover: Turnover) -> Ages:
    """The ages of a catalog that turns over.

    The rate of a step is the number of interactions at these ages, divided by the time that all items
    together have spent at them. The last step begins with the end of an item's life.
    """
    sequences, group = prepared.sequences, prepared.sequences.group
    activity = activity_of(prepared)
    newest = newest_activity(activity.last, prepared.latest)
    ages = sequences.times - activity.born[sequences.items]
    ages = ages[ages > 0]  # an item without a known creation is born with its first interaction
    inner = [quantile(ages, step / STEPS, group) for step in range(1, STEPS)]
    lived = np.maximum(newest - activity.born, 0)
    last = max(float(lived.max()), turnover.life + 1.0)
    edges = np.unique([0.0, *(edge for edge in inner if 0 < edge < turnover.life), turnover.life, last])
    steps = np.clip(np.searchsorted(edges, ages, "right") - 1, 0, len(edges) - 2)
    counts = group.sum(np.bincount(steps, minlength=len(edges) - 1).astype(np.float64))
    # An item that has not reached an age has spent no time at it.
    spent = np.diff([np.minimum(lived, edge).sum(dtype=np.float64) for edge in edges])
    return Ages(AgeCurve(edges, (counts + 1) / (spent + 1)), activity.born, newest, turnover.life)
