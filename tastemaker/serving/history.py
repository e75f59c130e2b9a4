"""What a user did: the events that a model was trained on, merged with the streamed events since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import Ids
from tastemaker.models.bundle import HISTORY_LENGTH, Bundle, History
from tastemaker.models.event_types import UNKNOWN, EventTypes

MAX_EVENTS_PER_TYPE = 100
"""How many of a user's newest events of each type a filter reads."""


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """A streamed event. `time` is in seconds; `item` is None for an event without an item."""

    event_id: str
    item: str | None
    event_type: str
    time: int
    value: float | None = None


@dataclass(frozen=True)
class Past:
    """A user's known events, oldest first.

    `types` are indexes in `type_names`, -1 for no type. `numbers` has for each of these names the number that
    the bundle has for it, -1 for a type that is unknown to the model.
    """

    items: NDArray[np.int32]
    timestamps: NDArray[np.int64]
    types: NDArray[np.int16]
    type_names: Sequence[str]
    numbers: Sequence[int]

    @cached_property
    def history(self) -> History:
        """The newest events as a model reads them, oldest first."""
        types = self.types
        if self.numbers != range(len(self.type_names)):
            types = np.asarray([*self.numbers, UNKNOWN], np.int16)[types]
        found = History(self.items, self.timestamps, types)
        return found if len(types) <= HISTORY_LENGTH else found[-HISTORY_LENGTH:]

    @cached_property
    def by_type(self) -> Mapping[str, NDArray[np.int32]]:
        """The items of the newest events by event type, "" for those without one, as a filter reads them."""
        named: dict[str, list[int]] = {}
        for number in sorted(set(self.types.tolist())):
            named.setdefault(self.type_names[number] if number >= 0 else "", []).append(number)
        if len(named) == 1:
            return dict.fromkeys(named, self.items[-MAX_EVENTS_PER_TYPE:])
        return {
            name: self.items[self.types == numbers[0] if len(numbers) == 1 else np.isin(self.types, numbers)][
                -MAX_EVENTS_PER_TYPE:
            ]
            for name, numbers in named.items()
        }


def past(bundle: Bundle, user: int, live: Sequence[LiveEvent] = ()) -> Past:
    """Merge a user's events of the bundle with streamed ones.

    `user` is the position in the bundle, -1 for an unknown user. Events with items that the bundle does not
    have are left out. The bundle was trained on streamed events too, so events with the same item, time and
    type count once. Of events with the same id the oldest counts.
    """
    trained = bundle.histories.of(user) if user >= 0 else None
    return merged(bundle.items, bundle.event_types, trained, live)


def merged(
    ids: Ids, event_types: EventTypes, history: History | None, live: Sequence[LiveEvent] = ()
) -> Past:
    """Merge a history with streamed events, as `past` does. `ids` are those of the items or actions."""
    names = event_types.labels
    trained = History.empty() if history is None else history
    if not live:
        return Past(trained.items, trained.timestamps, trained.event_types, names, range(len(names)))
    names, numbers = list(names), list(range(len(names)))
    added: dict[tuple[str, int], int] = {}  # types that the bundle does not have
    new = []
    seen: set[str] = set()
    for event in sorted(live, key=attrgetter("time", "event_id")):
        if event.item is None or event.event_id in seen:
            continue
        seen.add(event.event_id)
        known = event_types.number(event.event_type)
        number = event_types.number_of_event(known, event.value)
        if known == UNKNOWN:
            place = added.setdefault((event.event_type, number), len(names))
            if place == len(names):
                names.append(event.event_type)
                numbers.append(number)
            number = place
        new.append((event.item, event.time, number))
    items = ids.indexes([item for item, _, _ in new])
    times = np.fromiter((time for _, time, _ in new), np.int64, len(new))
    types = np.fromiter((number for _, _, number in new), np.int16, len(new))
    known_items = items >= 0
    items, times, types = _merged(trained, items[known_items], times[known_items], types[known_items])
    return Past(items, times, types, names, numbers if added else range(len(names)))


def _merged(
    trained: History, items: NDArray[np.int32], times: NDArray[np.int64], types: NDArray[np.int16]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int16]]:
    items = np.concatenate([trained.items, items]).astype(np.int32)
    times = np.concatenate([trained.timestamps, times]).astype(np.int64)
    types = np.concatenate([trained.event_types, types]).astype(np.int16)
    order = np.argsort(times, kind="stable")  # events of the bundle with equal times keep their order
    items, times, types = items[order], times[order], types[order]
    if (times[1:] == times[:-1]).any():  # only then can there be duplicates
        events = zip(items.tolist(), times.tolist(), types.tolist(), strict=True)
        first: dict[tuple[int, int, int], int] = {}
        for index, event in enumerate(events):
            first.setdefault(event, index)
        kept = list(first.values())
        items, times, types = items[kept], times[kept], types[kept]
    return items, times, types
