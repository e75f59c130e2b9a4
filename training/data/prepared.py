"""Prepared data: flat arrays, with the events of one user after those of another.

If several processes train together, each has the data of its own users, and all have the same items. Users
are in order across the processes: those of the first one, then those of the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import Columns
from tastemaker.ids import Ids
from tastemaker.models.ages import AgeCurve
from tastemaker.models.bundle import Histories, History
from tastemaker.models.event_types import EventTypes
from tastemaker.models.features import FeatureRows, FeatureSpace
from tastemaker.models.turnover import Activity, Turnover
from training.distributed.process_group import SINGLE, ProcessGroup
from training.distributed.quantiles import quantile

NEVER = int(np.iinfo(np.int64).max)
"""The time of the oldest of no events."""


@dataclass(frozen=True)
class Sequences:
    """The events that are trained on, grouped by user, oldest first.

    User `u` has the events `offsets[u]` to `offsets[u + 1]` of `items` int32, `times` int64 (seconds),
    `types` int16 (-1 for none), `weights` float32, and `context` int32[events, context columns] (codes, -1
    for none). The processes of `group` have the events of all other users. A method that says "of all
    processes" must be called by each of them.
    """

    offsets: NDArray[np.int64]
    items: NDArray[np.int32]
    times: NDArray[np.int64]
    types: NDArray[np.int16]
    weights: NDArray[np.float32]
    context: NDArray[np.int32]
    group: ProcessGroup = SINGLE

    @property
    def users(self) -> int:
        """The number of users, including users without events."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The number of events of each user."""
        return np.diff(self.offsets)

    def owners(self) -> NDArray[np.int64]:
        """The user of each event."""
        return np.repeat(np.arange(self.users), self.lengths)

    def places(self) -> NDArray[np.int64]:
        """Each event's place within its user's history. The oldest has 0."""
        return np.arange(len(self.items)) - np.repeat(self.offsets[:-1], self.lengths)

    def total(self) -> int:
        """The number of events of all processes."""
        return self.group.total(len(self.items))

    def counts(self, items: int) -> NDArray[np.int64]:
        """The number of events of each item, of all processes: int64[items]."""
        return self.group.sum(np.bincount(self.items, minlength=items))

    def oldest_times(self, items: int) -> NDArray[np.int64]:
        """The time of each item's oldest event, of all processes: int64[items]; `NEVER` if it has none."""
        oldest = np.full(items, NEVER)
        np.minimum.at(oldest, self.items, self.times)
        return -self.group.largest(-oldest)

    def newest_times(self, items: int) -> NDArray[np.int64]:
        """The time of each item's newest event, of all processes: int64[items]; 0 if it has none."""
        newest = np.zeros(items, np.int64)
        np.maximum.at(newest, self.items, self.times)
        return self.group.largest(newest)

    def first_user(self) -> int:
        """The position of this process's first user among the users of all processes."""
        return sum(self.group.gather(self.users)[: self.group.rank])

    def span(self) -> tuple[int, int]:
        """The times of the oldest and of the newest event of all processes; 0 if there are none."""
        ends = np.array([-self.times.min(initial=NEVER), self.times.max(initial=0)], np.int64)
        oldest, newest = self.group.largest(ends).tolist()
        return (0 if -oldest == NEVER else -oldest), newest

    def intervals(self, width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The mean time and the number of the events in each interval of `width` seconds, of all processes.

        Intervals without events are left out: int64[intervals] each.
        """
        intervals = self.times // width
        own = np.unique(intervals)
        place = np.searchsorted(own, intervals)
        later = np.bincount(place, self.times % width).astype(np.int64)
        rows, _ = self.group.joined(np.stack([own, np.bincount(place), later], 1))
        every, place = np.unique(rows[:, 0], return_inverse=True)
        events, later = (np.bincount(place, rows[:, one]).astype(np.int64) for one in (1, 2))
        return every * width + later // events, events

    def typical_gap(self) -> int:
        """The seconds that usually lie between two events of a user: the upper quartile, of all processes."""
        return int(quantile(np.diff(self.times)[np.diff(self.owners()) == 0], 0.75, self.group))

    def history(self, user: int, end: int | None = None) -> History:
        """One user's events, or the `end` oldest of them."""
        start = int(self.offsets[user])
        at = slice(start, int(self.offsets[user + 1]) if end is None else start + end)
        return History(self.items[at], self.times[at], self.types[at])

    def keep(self, mask: NDArray[np.bool_]) -> Sequences:
        """Only the events of the mask. Users keep their positions."""
        kept = np.bincount(self.owners()[mask], minlength=self.users)
        offsets = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
        return replace(
            self,
            offsets=offsets,
            items=self.items[mask],
            times=self.times[mask],
            types=self.types[mask],
            weights=self.weights[mask],
            context=self.context[mask],
        )

    def truncated(self, ends: NDArray[np.integer]) -> Sequences:
        """Only the `ends[u]` oldest events of each user."""
        return self.keep(self.places() < np.repeat(ends, self.lengths))


LIFE_INTERVALS = 40
"""The intervals of an item's life whose events are taken together."""


@dataclass(frozen=True)
class Ages:
    """How long the items of a catalog that turns over live, and how interest changes with their age.

    `activity` says when they were born and last active, and `now` is the time that their ages are counted to.
    """

    turnover: Turnover
    curve: AgeCurve
    activity: Activity
    now: int

    def to_json(self) -> dict[str, Any]:
        """For the manifest of a model."""
        return {**self.curve.to_json(), "now": self.now}

    def counted(self, sequences: Sequences) -> NDArray[np.float32]:
        """The number of each item's events, and how many items of its ages usually get: float32[2, items].

        Both are of all processes.
        """
        born, width = self.activity.born, max(self.turnover.life // LIFE_INTERVALS, 1)
        expected = self.curve.expected(born, *sequences.intervals(width))
        return np.stack([sequences.counts(len(born)), expected]).astype(np.float32)


@dataclass(frozen=True)
class Prepared:
    """Everything that training reads, and that the bundle keeps for serving.

    `users`, `histories` and what is known of users are this process's own; `duplicates` are of all processes.
    """

    items: Ids
    users: Ids
    sequences: Sequences
    histories: Histories
    event_types: list[str]
    trained_types: list[bool]
    unknown_types: bool
    item_columns: Columns
    user_columns: Columns
    item_space: FeatureSpace
    item_features: FeatureRows
    user_space: FeatureSpace
    user_features: FeatureRows
    context_space: FeatureSpace
    item_created: NDArray[np.int64]
    least_values: list[tuple[int, float]] = field(default_factory=list)
    """The least values from which events count, as `tastemaker.models.event_types` has them."""
    duplicates: int | None = None
    """How many duplicate events were left out. None if they were not counted."""
    skipped_upserts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The ids of put records that were left out, each with the reason, by dataset type."""
    ages: Ages | None = None
    """The ages of items. None if the catalog does not turn over."""
    latest: int = field(init=False)
    """The time of the newest event of all processes, in seconds."""

    @property
    def trained(self) -> NDArray[np.bool_]:
        """Which numbers of event types in `histories` are trained on. The last one is for unknown types."""
        numbers = EventTypes(self.event_types, self.least_values)
        return numbers.trained(self.trained_types, self.unknown_types)

    def __post_init__(self) -> None:
        object.__setattr__(self, "latest", self.sequences.span()[1])

    def context(self, user: int, shown: int) -> dict[str, str]:
        """The context that a request at the moment after the `shown` oldest events would give."""
        return self.context_space.example(self.sequences.context[self.sequences.offsets[user] + shown])

    def with_sequences(self, sequences: Sequences) -> Prepared:
        """The same data with other training events."""
        return replace(self, sequences=sequences)
