"""The users who are most likely to want an item, or any item of a set.

The score is a column of a linear item-to-item model on every user's recency-weighted history.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import open_array
from tastemaker.models.base import Model
from tastemaker.models.bundle import Bundle, Histories
from tastemaker.models.parts import standardized
from tastemaker.models.sparse import SparseRows, sums_of_runs

DAY = 86_400
NEWEST_SHARE = 0.99
"""Days are counted back from the time by which this share of all events had happened.

Otherwise one wrong time in the future would make all other events old.
"""

TIMES_SAMPLED = 1_000_000
"""About how many events this time is read from."""

MIN_EXPONENT = np.float32(-100)
"""The lowest weight of an event, as a power of two: above 0, because sums are divided by a user's weights."""


@dataclass(frozen=True)
class Settings:
    """How affinity is computed.

    `half_life` is in events of a history. `repeat` is what each event with a wanted item adds, and `had` what
    any number of them adds, in standard deviations of affinity: negative where nobody takes an item twice.
    `damping`, from 0 to 1, moves from the sum over a history to its mean. `activity` is the weight of how
    active a user is, relative to affinity with the weight 1. `fading` is how often the weight of an event is
    halved for each of its `days_ago`.
    """

    half_life: float = 20.0
    repeat: float = 0.1
    damping: float = 0.0
    activity: float = 1.0
    had: float = 0.0
    fading: float = 0.0


def days_ago(times: NDArray[np.int64]) -> NDArray[np.float32]:
    """How many days each event lies before the newest ones, which have 0: float32[events]."""
    days = np.zeros(len(times), np.float32)
    if len(times):
        sample = times[:: max(len(times) // TIMES_SAMPLED, 1)]
        newest = np.quantile(sample, NEWEST_SHARE, method="higher").astype(np.int64)
        np.subtract(newest, times, out=days, casting="unsafe")  # in place: there may be a hundred million
        np.maximum(days, np.float32(0), out=days)
        days /= np.float32(DAY)
    return days


class Crowd:
    """All users' events with their weights, made once for many questions."""

    def __init__(
        self, histories: Histories, trained: NDArray[np.bool_], half_life: float, fading: float = 0.0
    ) -> None:
        """`trained[t]` is whether events of type `t` count. The last entry is for events without a type."""
        self.users = len(histories)
        keep = trained[histories.event_types]
        lengths = sums_of_runs(keep, np.diff(histories.offsets)).astype(np.int64)
        ends = np.cumsum(lengths)
        self.items = histories.items[keep]
        ages = np.repeat(ends.astype(np.int32), lengths)  # in place: there may be a hundred million events
        ages -= np.arange(1, len(ages) + 1, dtype=np.int32)
        self.weights = np.multiply(ages, np.float32(-1 / half_life), dtype=np.float32)
        if fading:
            days = days_ago(histories.timestamps)[keep]
            days *= np.float32(fading)
            self.weights -= days
        np.maximum(self.weights, MIN_EXPONENT, out=self.weights)
        np.exp2(self.weights, out=self.weights)
        self.active = np.flatnonzero(lengths)
        self._starts = (ends - lengths)[self.active]
        self.mass = self._summed(self.weights)

    def sums(self, column: NDArray[np.float32]) -> NDArray[np.float32]:
        """The weighted sum of `column` (one number per item) over each history: float32[active users]."""
        return self._summed(column[self.items] * self.weights)

    def having(self, items: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether each user has an event with any of these items: bool[active users]."""
        if not len(self.items):
            return np.zeros(0, bool)
        return np.logical_or.reduceat(items[self.items], self._starts)

    def _summed(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        if not len(values):
            return np.zeros(0, np.float32)  # reduceat does not take nothing
        return np.add.reduceat(values, self._starts).astype(np.float32)

    def scores(
        self,
        linear: NDArray[np.float32],
        repeats: NDArray[np.float32],
        having: NDArray[np.bool_],
        activity: NDArray[np.float32],
        settings: Settings,
    ) -> NDArray[np.float32]:
        """The score of each user: float32[users], -inf for a user without events.

        `linear` and `repeats` are the sums of the two parts over each active user's history. `having` says
        who of them has a wanted item. Affinity and activity are standardized, so that their weights mean the
        same for every item.
        """
        result = np.full(self.users, -np.inf, np.float32)
        if not len(self.active):
            return result
        total = linear + np.float32(settings.repeat) * repeats
        affinity = standardized(total / self.mass ** np.float32(settings.damping))
        general = standardized(activity[self.active])
        result[self.active] = affinity + np.float32(settings.activity) * general
        result[self.active[having]] += np.float32(settings.had)
        return result


class AffinityModel(Model):
    """The model of Item-Affinity and Item-Attribute-Affinity. It answers segments, not requests."""

    model_name = "affinity"

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        metadata = bundle.manifest["model"]
        self.settings = Settings(**metadata["settings"])
        self._trained = bundle.event_types.trained(metadata["trainedTypes"], metadata["unknownTypes"])
        self.activity = open_array(bundle.path / "model" / "activity.npy")
        self.toward = SparseRows.open(bundle.path / "model", "toward")

    @cached_property
    def crowd(self) -> Crowd:
        """All users' events. They are made once, because a job asks many questions."""
        return Crowd(self.bundle.histories, self._trained, self.settings.half_life, self.settings.fading)

    def users_for_item(self, item_index: int) -> NDArray[np.float32]:
        """The score of each user for an item: float32[users], -inf for users without trained events."""
        wanted = np.zeros(len(self.bundle.items), bool)
        wanted[item_index] = True
        return self.users_for_attributes(wanted)

    def users_for_attributes(self, items: NDArray[np.bool_]) -> NDArray[np.float32]:
        """The score of each user for any item of a set: float32[users]. `items` is bool[items]."""
        wanted, settings, crowd = np.flatnonzero(items), self.settings, self.crowd
        linear = crowd.sums(self.toward.sum(wanted, np.ones(len(wanted), np.float32)))
        repeats = crowd.sums(items.astype(np.float32)) if settings.repeat else np.zeros_like(linear)
        having = crowd.having(items) if settings.had else np.zeros(len(linear), bool)
        return crowd.scores(linear, repeats, having, self.activity, settings)
