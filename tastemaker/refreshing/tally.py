"""Live events counted: who was shown what and took it, and what grows.

A tally goes on where the last one ended, so that every event is read once between two trainings. Items go by
their ids: what a model calls them changes with every training.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tastemaker.schemas import SEPARATOR

BUCKETS = 12
"""Counters of a window of trends. The newest is not full, which costs growth a twelfth at most."""


class Event(NamedTuple):
    """One streamed event. `sent_at` in seconds; `impression` is a list of ids joined by bars."""

    event_id: str
    item: str | None
    event_type: str
    sent_at: int
    impression: str | None = None
    recommendation_id: str | None = None


Lists = Callable[[Collection[str]], Mapping[str, Sequence[str]]]
"""recommendationIds → the items of those answers that are remembered."""


def nothing_remembered(recommendation_ids: Collection[str]) -> Mapping[str, Sequence[str]]:
    """Where no answers are remembered."""
    return {}


@dataclass
class Tally:
    """`shown` (what events say themselves) and `taken` count since training, by item; `implied` counts what
    answers showed that events name, also before: training does not know those.

    `window` is that of trends in seconds, 0 where there are none; `recent` counts the events of its buckets,
    by bucket and item. `first` is the time of the oldest event of each item, `latest` that of the newest
    event at all.
    """

    window: int = 0
    shown: Counter[str] = field(default_factory=Counter)
    implied: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)
    recent: dict[int, Counter[str]] = field(default_factory=dict)
    latest: int = 0
    _events: set[int] = field(default_factory=set)
    _answers: set[str] = field(default_factory=set)

    def add(
        self,
        events: Iterable[Event],
        *,
        now: int,
        counts: Callable[[str], bool] = lambda event_type: True,
        lists: Lists = nothing_remembered,
    ) -> int:
        """Count events; those of a type that was not trained on (`counts`) only for what they show. An event
        that was given before counts once, as does an answer that several events name. Returns how many were
        new.
        """
        fresh = []
        for event in events:
            key = hash(event.event_id)
            if key not in self._events:
                self._events.add(key)
                fresh.append(event)
        for event in fresh:
            if event.impression:
                self.shown.update(set(event.impression.split(SEPARATOR)))
            if event.item and counts(event.event_type):
                self._take(event.item, min(event.sent_at, now))
        self._add_answers(fresh, lists)
        return len(fresh)

    def _take(self, item: str, at: int) -> None:
        self.taken[item] += 1
        self.first[item] = min(at, self.first.get(item, at))
        self.latest = max(self.latest, at)
        if self.window:
            self.recent.setdefault(at // self.bucket, Counter())[item] += 1

    def _add_answers(self, events: Sequence[Event], lists: Lists) -> None:
        """An event that names its answer shows all of it, unless it says itself what was shown."""
        named = {
            event.recommendation_id for event in events if event.recommendation_id and not event.impression
        }
        new = named - self._answers
        self._answers |= new
        for items in lists(new).values() if new else ():
            self.implied.update(set(items))

    def after_training(self, window: int) -> Tally:
        """Where to begin when a new model serves, whose training knew all but what was implied."""
        return Tally(window, implied=Counter(self.implied))

    @property
    def bucket(self) -> int:
        """Seconds of a bucket."""
        return max(self.window // BUCKETS, 1)

    def windows(self, now: int) -> tuple[Counter[str], Counter[str]]:
        """Events by item in the newest window, and in the one before it."""
        end = now // self.bucket
        current, previous = Counter[str](), Counter[str]()
        for bucket, items in self.recent.items():
            if end - BUCKETS < bucket <= end:
                current.update(items)
            elif end - 2 * BUCKETS < bucket <= end - BUCKETS:
                previous.update(items)
        return current, previous

    def dumps(self, now: int) -> str:
        """As text, without the buckets that no window reaches any more."""
        oldest = now // self.bucket - 2 * BUCKETS
        recent = {bucket: items for bucket, items in self.recent.items() if bucket > oldest}
        return json.dumps(
            {
                "window": self.window,
                "shown": self.shown,
                "implied": self.implied,
                "taken": self.taken,
                "first": self.first,
                "recent": recent,
                "latest": self.latest,
            },
            ensure_ascii=False,
        )

    @classmethod
    def loads(cls, text: str) -> Tally:
        """The inverse of `dumps`. Which events were counted is not kept: no file of events is read twice."""
        said = json.loads(text)
        recent = {int(bucket): Counter(items) for bucket, items in said["recent"].items()}
        return cls(
            said["window"],
            Counter(said["shown"]),
            Counter(said["implied"]),
            Counter(said["taken"]),
            said["first"],
            recent,
            said["latest"],
        )
