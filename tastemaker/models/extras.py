"""What the sparse parts of a blend give the items that follow from users' histories, beyond all other items.

The entries of several users lie in one array, part by part and within a part user by user. Few entries have
the same user and item as another one, so nothing is sorted: those few are found by a table, and each is added
to the last of its equals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.models import parts
from tastemaker.models.sparse import SparseRows, repeated

Array = NDArray[np.float32]

MAX_USERS = 48
"""The most users who are computed together, so that their entries stay in the processor's cache."""

SLOTS = 4
"""The slots for each entry of a user: so many that two items are rarely in one slot."""


class Extra(NamedTuple):
    """What a few items get in addition: distinct positions in any order, and values of the same length."""

    items: NDArray[np.int64]
    values: Array

    def of(self, wanted: NDArray[np.integer]) -> Array:
        """What each of these items gets in addition."""
        if not len(self.items):
            return np.zeros(len(wanted), np.float32)
        order = np.argsort(self.items)
        rising = self.items[order]
        places = np.minimum(np.searchsorted(rising, wanted), len(rising) - 1)
        found: Array = np.where(rising[places] == wanted, self.values[order[places]], np.float32(0))
        return found


NOTHING = Extra(np.zeros(0, np.int64), np.zeros(0, np.float32))


class Entries(NamedTuple):
    """What events lead to by one part, user by user: items, weights, and how many each user has."""

    items: NDArray[np.integer]
    weights: Array
    lengths: NDArray[np.int64]


@dataclass(frozen=True)
class SparseParts:
    """The sparse parts of a blend over so many `items`.

    `settings` maps each part to its `weight` and its `halfLife`, and `rows` has the neighbors of items, for
    the parts that read them. `rates` are what the part `repeat` multiplies each item's events with.
    """

    settings: Mapping[str, Mapping[str, float]]
    rows: Mapping[str, SparseRows]
    items: int
    rates: Array | None = None

    def extras(self, histories: Sequence[NDArray[np.integer]]) -> list[Extra]:
        """What the items that follow from each history get: its items are oldest first."""
        if not self.settings:
            return [NOTHING] * len(histories)
        starts = range(0, len(histories), MAX_USERS)
        return [extra for start in starts for extra in self._together(histories[start : start + MAX_USERS])]

    def _together(self, histories: Sequence[NDArray[np.integer]]) -> list[Extra]:
        found = self._entries(histories)
        lengths = np.array([one.lengths for one in found])
        items = np.concatenate([one.items for one in found])
        again, last = _repeated(items, lengths)
        values, begin = np.zeros(len(items), np.float32), 0
        for number, (name, settings) in enumerate(self.settings.items()):
            # The last of equal entries is in the same part or in a later one.
            end = begin + len(found[number].weights)
            sums = np.zeros(len(items) - begin, np.float32)
            sums[: end - begin] = found[number].weights
            if len(again):
                mine = slice(*np.searchsorted(again, [begin, end]))
                moved = again[mine] - begin
                np.add.at(sums, last[mine] - begin, sums[moved])
                sums[moved] = 0.0
            above = parts.above_all_others(name, sums, lengths[number:], self.items)
            above *= np.float32(settings["weight"])
            values[begin:] += above
            begin = end
        if len(again):
            kept = np.ones(len(items), bool)
            kept[again] = False
            items, values = items[kept], values[kept]
            ends = np.cumsum(lengths)
            ends -= np.searchsorted(again, ends)
            ends[1:] -= ends[:-1].copy()
            lengths = ends.reshape(lengths.shape)
        return _by_user(items, values, lengths)

    def _entries(self, histories: Sequence[NDArray[np.integer]]) -> list[Entries]:
        lengths = np.array([len(history) for history in histories])
        events, whose = np.concatenate(histories), np.repeat(np.arange(len(lengths)), lengths)
        ages = np.repeat(np.cumsum(lengths), lengths) - np.arange(1, len(events) + 1)
        found = []
        for name, settings in self.settings.items():
            items, owners, weights = parts.events_of(name, events, whose, ages, settings.get("halfLife", 0.0))
            if name in self.rows:
                counts = np.bincount(owners, self.rows[name].lengths(items), len(lengths)).astype(np.int64)
                found.append(Entries(*self.rows[name].entries(items, weights), counts))
            else:
                if name == "repeat" and self.rates is not None:
                    weights *= self.rates[items]
                found.append(Entries(items, weights, np.bincount(owners, minlength=len(lengths))))
        return found


def _repeated(
    items: NDArray[np.integer], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """The entries with an item that comes again later for the same user, and the last one of each of them.

    `lengths` is int64[parts, users].
    """
    times, users = lengths.shape
    slots = 1 << (SLOTS * len(items) // users).bit_length()
    firsts = np.repeat(np.concatenate([np.arange(users) * slots] * times), lengths.ravel())
    return repeated(items, firsts + (items & (slots - 1)), users * slots)


def _by_user(items: NDArray[np.integer], values: Array, lengths: NDArray[np.int64]) -> list[Extra]:
    """Each user's entries, of all parts. `lengths` is int64[parts, users]."""
    users = lengths.shape[1]
    if users == 1:
        return [Extra(items.astype(np.int64), values)]
    runs = [slice(begin, end) for begin, end in pairwise([0, *np.cumsum(lengths).tolist()])]
    runs = [run for user in range(users) for run in runs[user::users]]
    rows: NDArray[np.int64] = np.concatenate([items[run] for run in runs], dtype=np.int64)
    values = np.concatenate([values[run] for run in runs])
    ends = np.cumsum(lengths.sum(axis=0)).tolist()
    return [Extra(rows[begin:end], values[begin:end]) for begin, end in pairwise([0, *ends])]
