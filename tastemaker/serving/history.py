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

MAX_EVENTS_PER_TYPE = 100
"""How many of a user's newest events of each type a filter reads."""


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """A streamed event. `time` is in seconds; `item` is None for an event without an item."""

    event_id: str
    item: str | None
    event_type: str
    time: int


@dataclass(frozen=True)
class Past:
    """A user's known events, oldest first.

    `types` are indexes in `type_names`. The first `trained_types` names are those of the bundle, the others
    are unknown to the model; `history` has them as -1.
    """

    items: NDArray[np.int32]
    timestamps: NDArray[np.int64]
    types: NDArray[np.int16]
    type_names: Sequence[str]
    trained_types: int

    @cached_property
    def history(self) -> History:
        """The newest events as a model reads them, oldest first."""
        types = self.types
        if len(self.type_names) > self.trained_types:
            types = np.where(types < self.trained_types, types, np.int16(-1)).astype(np.int16)
        found = History(self.items, self.timestamps, types)
        return found if len(types) <= HISTORY_LENGTH else found[-HISTORY_LENGTH:]

    @cached_property
    def by_type(self) -> Mapping[str, NDArray[np.int32]]:
        """The items of the newest events by event type, as a filter reads them."""
        found = np.unique(self.types).tolist()
        return {
            self.type_names[number]: self.items[self.types == number][-MAX_EVENTS_PER_TYPE:]
            for number in found
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
    ids: Ids, event_types: Sequence[str], history: History | None, live: Sequence[LiveEvent] = ()
) -> Past:
    """Merge a history with streamed events, as `past` does. `ids` are those of the items or actions."""
    names = list(event_types)
    trained = History.empty() if history is None else history
    if not live:
        return Past(trained.items, trained.timestamps, trained.event_types, names, len(names))
    numbers = {name.casefold(): number for number, name in reversed(list(enumerate(names)))}
    numbers.update({name: number for number, name in enumerate(names)})
    new = []
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
        new.append((event.item, event.time, number))
    items = ids.indexes([item for item, _, _ in new])
    times = np.fromiter((time for _, time, _ in new), np.int64, len(new))
    types = np.fromiter((number for _, _, number in new), np.int16, len(new))
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
    order = np.argsort(times, kind="stable")  # events of the bundle with equal times keep their order
    items, times, types = items[order], times[order], types[order]
    if (times[1:] == times[:-1]).any():  # only then can there be duplicates
        events = zip(items.tolist(), times.tolist(), types.tolist(), strict=True)
        first: dict[tuple[int, int, int], int] = {}
        for index, event in enumerate(events):
            first.setdefault(event, index)
        kept = list(first.values())
        items, times, types = items[kept], times[kept], types[kept]
    return Past(items, times, types, names, trained_types)
