"""What a user did, put together: the events a model was trained on and those that came in since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import Ids
from tastemaker.models.bundle import HISTORY_LENGTH, Bundle, History

PER_TYPE = 100
"""How many of a user's newest events of each type a filter looks at."""


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One streamed event. `time` in seconds; `item` is None for events that name no item."""

    event_id: str
    item: str | None
    event_type: str
    time: int


@dataclass(frozen=True)
class Past:
    """A user's known past. `type_names` are the event types' names by number, unknown ones after the
    bundle's; `history` has them as -1.
    """

    items: NDArray[np.int32]
    timestamps: NDArray[np.int64]
    types: NDArray[np.int16]
    type_names: Sequence[str]
    trained_types: int

    @cached_property
    def history(self) -> History:
        """As a model takes it: the newest events, oldest first."""
        types = np.where(self.types < self.trained_types, self.types, np.int16(-1)).astype(np.int16)
        newest = slice(max(0, len(self.items) - HISTORY_LENGTH), None)
        return History(self.items[newest], self.timestamps[newest], types[newest])

    @cached_property
    def by_type(self) -> Mapping[str, NDArray[np.int32]]:
        """As a filter takes it: event type → items of its newest events."""
        found = np.unique(self.types).tolist()
        return {self.type_names[number]: self.items[self.types == number][-PER_TYPE:] for number in found}


def past(bundle: Bundle, user: int, live: Sequence[LiveEvent] = ()) -> Past:
    """The past of a user by position (-1: nobody that the bundle knows), from the bundle and from the stream.

    Events on items that the bundle does not know are left out. The lake holds streamed events too, so the
    same item, time and type counts once; of events with the same id the oldest counts.
    """
    trained = bundle.histories.of(user) if user >= 0 else None
    return merged(bundle.items, bundle.event_types, trained, live)


def merged(
    ids: Ids, event_types: Sequence[str], history: History | None, live: Sequence[LiveEvent] = ()
) -> Past:
    """The same from a history (of items or of actions, whose ids are given) and live events."""
    names = list(event_types)
    trained = History.empty() if history is None else history
    if not live:
        return Past(trained.items, trained.timestamps, trained.event_types, names, len(names))
    numbers = {name.casefold(): number for number, name in reversed(list(enumerate(names)))}
    numbers.update({name: number for number, name in enumerate(names)})
    fresh = []
    seen: set[str] = set()
    for event in sorted(live, key=attrgetter("time", "event_id")):
        if event.item is None or event.event_id in seen:
            continue
        seen.add(event.event_id)
        number = numbers.get(event.event_type)
        if number is None:
            number = numbers.get(event.event_type.casefold())
            if number is None:
                number = len(names)
                names.append(event.event_type)
            numbers[event.event_type] = number
        fresh.append((event.item, event.time, number))
    items = ids.indexes([item for item, _, _ in fresh])
    times = np.fromiter((time for _, time, _ in fresh), np.int64, len(fresh))
    types = np.fromiter((number for _, _, number in fresh), np.int16, len(fresh))
    known = items >= 0
    return _merged(trained, items[known], times[known], types[known], names, len(event_types))


def _merged(
    trained: History,
    items: NDArray[np.int32],
    times: NDArray[np.int64],
    types: NDArray[np.int16],
    names: Sequence[str],
    trained_types: int,
) -> Past:
    items = np.concatenate([trained.items, items]).astype(np.int32)
    times = np.concatenate([trained.timestamps, times]).astype(np.int64)
    types = np.concatenate([trained.event_types, types]).astype(np.int16)
    order = np.argsort(times, kind="stable")  # the bundle's own order stays where times are equal
    items, times, types = items[order], times[order], types[order]
    if (times[1:] == times[:-1]).any():  # only then can an event be there twice
        events = zip(items.tolist(), times.tolist(), types.tolist(), strict=True)
        first: dict[tuple[int, int, int], int] = {}
        for place, event in enumerate(events):
            first.setdefault(event, place)
        kept = list(first.values())
        items, times, types = items[kept], times[kept], types[kept]
    return Past(items, times, types, names, trained_types)
