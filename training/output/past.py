"""A model at times of the past, as requests would have been answered then.

Where the catalog turns over, items have the ages of that time, and only live items are in lists. In any other
catalog, a model is asked as it is.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from tastemaker.masks import Flags
from tastemaker.models import Model
from tastemaker.models.sequence import SequenceModel
from tastemaker.models.turnover import Activity, live_items
from training.data.prepared import Ages, Prepared

M = TypeVar("M", bound=Model)


class Past:
    """The past of the data, for a model with the same items."""

    def __init__(self, prepared: Prepared) -> None:
        """`prepared` holds all events, including those that are held out."""
        self._ages, self._sequences = prepared.ages, prepared.sequences
        group = self._sequences.group
        if self._ages is not None:
            times, _ = group.joined(self._sequences.times)
            items, _ = group.joined(self._sequences.items)
            order = np.argsort(times, kind="stable")
            self._times, self._items = times[order], items[order]

    def asked(self, model: M, user: int, shown: int) -> tuple[M, Flags | None]:
        """The model at the time of a user's next event after the `shown` ones, and the items live then.

        These are None if the catalog does not turn over.
        """
        if self._ages is None or not isinstance(model, SequenceModel) or model.ages is None:
            return model, None
        offsets = self._sequences.offsets
        moment = int(self._sequences.times[min(offsets[user] + shown, offsets[user + 1] - 1)])
        return model.as_of(moment), self.live(self._ages, moment)

    def live(self, ages: Ages, moment: int) -> Flags:
        """The items that were there and live at a time, by the rule of requests: bool[items]."""
        born = ages.activity.born
        there, last = born <= moment, born.copy()
        before = np.searchsorted(self._times, moment)
        last[self._items[:before]] = self._times[:before]  # the newest is written last
        live = np.zeros(len(there), bool)
        live[there] = live_items(Activity(born[there], last[there]), moment, ages.turnover)
        return live
