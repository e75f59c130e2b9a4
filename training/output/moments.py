"""A model at moments of the past, as requests would have been answered then.

Where the catalog turns over, items have the ages of that time, and only live items are in lists. In any other
catalog, a model is asked as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from tastemaker.masks import Flags
from tastemaker.models import Model
from tastemaker.models.sequence import SequenceModel
from tastemaker.models.turnover import NEWEST_ITEMS, Activity, live_items
from training.data.prepared import Ages, Prepared, Sequences
from training.data.split import Cases

M = TypeVar("M", bound=Model)
T = TypeVar("T")
Times = NDArray[np.int64]

LIFE_STEPS = 40
"""The steps of an item's life. Within one, an item has the same age."""

PAUSE_STEPS = 20
"""The steps of an item's pause. Within one, the same items are live."""


class Moments(Generic[M]):
    """A model with the items of the data, at the moments of cases.

    Neighboring moments share what is computed, so cases are asked in the order of `by_time`.
    """

    def __init__(self, model: M, prepared: Prepared) -> None:
        """`prepared` holds all events, including those that are held out."""
        self._model, self._sequences = model, prepared.sequences
        self._live_items: LiveItems | None = None
        self._then: tuple[int, M] | None = None
        if prepared.ages is not None and isinstance(model, SequenceModel) and model.ages is not None:
            self._live_items = LiveItems(prepared.sequences, prepared.ages)
            self._step = max(prepared.ages.turnover.life // LIFE_STEPS, 1)

    def asked(self, user: int, shown: int) -> tuple[M, Flags | None]:
        """The model at the time of a user's next event after the `shown` ones, and the items live then.

        These are None if the catalog does not turn over.
        """
        live = self.live(user, shown)
        if live is None or not isinstance(self._model, SequenceModel):
            return self._model, None
        middle = _moment(self._sequences, user, shown) // self._step * self._step + self._step // 2
        if self._then is None or self._then[0] != middle:
            self._then = middle, self._model.as_of(middle)
        return self._then[1], live

    def live(self, user: int, shown: int) -> Flags | None:
        """The items that were there and live at that time: bool[items]. None if the catalog stays."""
        if self._live_items is None:
            return None
        return self._live_items.at(_moment(self._sequences, user, shown))


class LiveItems:
    """Which items were live, by the rule of requests. All processes must make it together.

    Rising times are asked in one pass over the events.
    """

    def __init__(self, sequences: Sequences, ages: Ages) -> None:
        self._ages, self._step = ages, max(ages.turnover.pause // PAUSE_STEPS, 1)
        self.items, self.times = _needed_events(sequences, ages, self._step)
        self._begin: int | None = None

    def at(self, moment: int) -> Flags:
        """The items that were there at a moment, and live at the begin of its step: bool[items]."""
        born, begin = self._ages.activity.born, moment - moment % self._step
        if self._begin is None or begin < self._begin:
            self._last, self._read = born.copy(), 0
        if begin != self._begin:
            before = int(np.searchsorted(self.times, begin))
            some = slice(self._read, before)
            self._last[self.items[some]] = self.times[some]  # the newest is written last
            self._begin, self._read = begin, before
            there = born <= begin
            self._live = ~there  # what is born within the step is live from then on
            self._live[there] = live_items(
                Activity(born[there], self._last[there]), begin, self._ages.turnover
            )
        return self._live & (born <= moment)


def answers(prepared: Prepared, cases: Cases, ask: Callable[[int, int], T]) -> list[T]:
    """What `ask` says of the user and the shown events of each case, asked in the order of `by_time`."""
    found = {place: ask(user, shown) for place, user, shown in by_time(prepared, cases)}
    return [found[place] for place in range(len(cases))]


def by_time(prepared: Prepared, cases: Cases) -> Iterator[tuple[int, int, int]]:
    """This process's cases by the time of their next event: the place of each, its user and its shown events.

    If the catalog does not turn over, cases stay in their order.
    """
    order = np.arange(len(cases))
    if prepared.ages is not None:
        pairs = zip(cases.users.tolist(), cases.shown.tolist(), strict=True)
        order = np.argsort([_moment(prepared.sequences, *pair) for pair in pairs], kind="stable")
    for place in order.tolist():
        yield place, int(cases.users[place]), int(cases.shown[place])


def _moment(sequences: Sequences, user: int, shown: int) -> int:
    """The time of a user's next event after the `shown` ones, or of the last one."""
    begin, end = sequences.offsets[user], sequences.offsets[user + 1]
    return int(sequences.times[min(begin + shown, end - 1)])


def _needed_events(sequences: Sequences, ages: Ages, step: int) -> tuple[NDArray[np.int32], Times]:
    """The items and times of the events that decide what is live at the begin of a step, of all processes.

    They are in order of time. An item's newest event of a step stands for all. It counts if the item will
    soon be older than its life, or if it is among the newest items, from which the time is read.
    """
    order = np.argsort(-sequences.times, kind="stable")
    items, times = sequences.items[order], sequences.times[order]
    steps = times // step
    pairs = (steps - steps.min(initial=0)) * len(ages.activity.born) + items
    newest = np.sort(np.unique(pairs, return_index=True)[1])
    items, times, steps = items[newest], times[newest], steps[newest]
    _, first, number = np.unique(-steps, return_index=True, return_inverse=True)
    rank = np.arange(len(steps)) - first[number]
    old = times - ages.activity.born[items] >= ages.turnover.life - ages.turnover.pause
    needed = old | (rank < NEWEST_ITEMS)
    items, _ = sequences.group.joined(items[needed])
    times, _ = sequences.group.joined(times[needed])
    order = np.argsort(times, kind="stable")
    return items[order], times[order]
