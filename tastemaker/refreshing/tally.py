"""Counts of live events: how often each item was shown and taken, and trends.

A tally continues where the previous one ended, so that every event is read once between two trainings. Items
are counted by id, because each training gives them new positions.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tastemaker.contracts.streamed_event import event_identity
from tastemaker.notation import SEPARATOR

BUCKETS = 12
"""Counters of a trend window. The newest one is incomplete, so a window may lack a twelfth of its length."""


class Event(NamedTuple):
    """A streamed event. `sent_at` is in seconds since 1970; `impression` has ids joined by bars."""

    event_id: str
    item: str | None
    event_type: str
    sent_at: int
    impression: str | None = None
    recommendation_id: str | None = None
    user: str | None = None
    session: str | None = None
    value: float | None = None


FindImpressions = Callable[[Collection[str]], Mapping[str, Sequence[str]]]
"""recommendationIds → the items of those answers that were recorded."""


def no_impressions(recommendation_ids: Collection[str]) -> Mapping[str, Sequence[str]]:
    """Find no recorded answers."""
    return {}


@dataclass
class Tally:
    """Counts by item id.

    `shown` (impressions in events) and `taken` count since the training. `implied` counts the items of
    answers that events name; it also covers earlier time, because training does not know these impressions.

    `window` is the length of a trend window in seconds, 0 for a model without trends. `recent` counts events
    by bucket and item. `first` and `last` are the times of the oldest and of the newest event of each item,
    and `latest` is that of the newest event.
    """

    window: int = 0
    shown: Counter[str] = field(default_factory=Counter)
    implied: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    recent: dict[int, Counter[str]] = field(default_factory=dict)
    latest: int = 0
    _events: set[int] = field(default_factory=set)
    _answers: set[str] = field(default_factory=set)

    def add(
        self,
        events: Iterable[Event],
        *,
        now: int,
        is_trained: Callable[[Event], bool] = lambda event: True,
        impressions: FindImpressions = no_impressions,
    ) -> int:
        """Count events. Returns how many were new.

        An event that was counted before, and an answer that several events name, count once. Events of types
        that the model was not trained on, or with lower values, only count for their impressions.
        """
        new = []
        for event in events:
            key = hash(event_identity(event.user, event.session, event.event_id))
            if key not in self._events:
                self._events.add(key)
                new.append(event)
        for event in new:
            if event.impression:
                self.shown.update(set(event.impression.split(SEPARATOR)))
            if event.item and is_trained(event):
                self._take(event.item, min(event.sent_at, now))
        self._add_answers(new, impressions)
        return len(new)

    def _take(self, item: str, at: int) -> None:
        self.taken[item] += 1
        self.first[item] = min(at, self.first.get(item, at))
        self.last[item] = max(at, self.last.get(item, at))
        self.latest = max(self.latest, at)
        if self.window:
            self.recent.setdefault(at // self.bucket, Counter())[item] += 1

    def _add_answers(self, events: Sequence[Event], impressions: FindImpressions) -> None:
        """Count the items of answers that events name, unless the event has an impression itself."""
        named = {
            event.recommendation_id for event in events if event.recommendation_id and not event.impression
        }
        new = named - self._answers
        self._answers |= new
        for items in impressions(new).values() if new else ():
            self.implied.update(set(items))

    def after_training(self, window: int) -> Tally:
        """Return the start for a new model. Its training knew everything except implied impressions."""
        return Tally(window, implied=Counter(self.implied))

    @property
    def bucket(self) -> int:
        """The length of a bucket in seconds."""
        return max(self.window // BUCKETS, 1)

    def windows(self, now: int) -> tuple[Counter[str], Counter[str]]:
        """Return the number of events by item in the newest window, and in the window before it."""
        end = now // self.bucket
        current, previous = Counter[str](), Counter[str]()
        for bucket, items in self.recent.items():
            if end - BUCKETS < bucket <= end:
                current.update(items)
            elif end - 2 * BUCKETS < bucket <= end - BUCKETS:
                previous.update(items)
        return current, previous

    def dumps(self, now: int) -> str:
        """Return the tally as JSON, without buckets that are older than two windows."""
        oldest = now // self.bucket - 2 * BUCKETS
        recent = {bucket: items for bucket, items in self.recent.items() if bucket > oldest}
        return json.dumps(
            {
                "window": self.window,
                "shown": self.shown,
                "implied": self.implied,
                "taken": self.taken,
                "first": self.first,
                "last": self.last,
                "recent": recent,
                "latest": self.latest,
            },
            ensure_ascii=False,
        )

    @classmethod
    def loads(cls, text: str) -> Tally:
        """Return the tally that `dumps` wrote, without the ids of counted events: no file is read twice."""
        document = json.loads(text)
        recent = {int(bucket): Counter(items) for bucket, items in document["recent"].items()}
        return cls(
            document["window"],
            Counter(document["shown"]),
            Counter(document["implied"]),
            Counter(document["taken"]),
            document["first"],
            document.get("last", {}),  # a tally of an older release has none
            recent,
            document["latest"],
        )
