"""The masks of users who are answered together, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tastemaker.masks import NO_ROWS, Flags, Mask, Rows
from tastemaker.models.sparse import sums_of_runs

SLOTS = 64
"""The slots for each changed row: so many that few other items are in its slot."""


class GroupMasks:
    """Masks over `size` items. The rows that each of them changes lie one mask after the other.

    `changed` has these rows, `lengths` how many each mask has, and `added` whether a row became allowed.
    """

    def __init__(self, masks: Sequence[Mask | None], size: int) -> None:
        everything = Mask(size)
        self.size = size
        self.each = [everything if mask is None else mask for mask in masks]
        first = self.each[0].shared
        self.share_one = all(mask.shared is first for mask in self.each)
        lengths = [len(mask.changed) for mask in self.each]
        self.lengths = np.array(lengths)
        self.changed = self._owners = self.keys = NO_ROWS
        self.added: Flags = np.zeros(0, bool)
        if any(lengths):
            self.changed = np.concatenate([mask.changed for mask in self.each])
            self._owners = np.repeat(np.arange(len(masks)), self.lengths)
            self.added = ~self._shared_flags(self.changed, self.lengths)
            self.keys = self.keys_of(self._owners, self.changed)

    @property
    def allow_all(self) -> bool:
        """Whether each mask allows all items."""
        return self.share_one and self.each[0].shared is True and not len(self.changed)

    def keys_of(self, owners: Rows, items: Rows) -> NDArray[np.int64]:
        """A number for each pair of a mask and an item. Those of rising owners and items rise."""
        keys: NDArray[np.int64] = owners * self.size + items
        return keys

    def applied(
        self, items: NDArray[np.int64], values: NDArray[np.float32], lengths: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
        """Each user's items, their values, and how many a user has, as far as the masks allow them.

        What the shared mask does not allow is left out. What a user's mask removes, a few items, stays with a
        value of -inf. What it adds follows with a value of 0, if the user does not have it.
        """
        places = self._places(items, lengths)
        here = places >= 0
        removed, added = here & ~self.added, self.added & ~here
        values[places[removed]] = -np.inf
        if self.share_one and self.each[0].shared is True:
            return items, values, lengths
        through = self._shared_flags(items, lengths)
        through[places[here]] = True
        if added.any():
            ends = np.cumsum(lengths)[self._owners[added]]
            items = np.insert(items, ends, self.changed[added])
            values, through = np.insert(values, ends, 0.0), np.insert(through, ends, True)
            lengths = lengths + np.bincount(self._owners[added], minlength=len(lengths))
        kept = np.flatnonzero(through)  # faster than indexing with flags, whose pattern is random
        return items.take(kept), values.take(kept), sums_of_runs(through, lengths).astype(np.int64)

    def _shared_flags(self, items: Rows, lengths: NDArray[np.int64]) -> Flags:
        """Whether the shared part of each mask allows its items."""
        if self.share_one:
            return self.each[0].shared_flags(items)
        ends = np.cumsum(lengths).tolist()
        return np.concatenate(
            [
                mask.shared_flags(items[begin:end])
                for mask, (begin, end) in zip(self.each, pairwise([0, *ends]), strict=True)
            ]
        )

    def _places(self, items: Rows, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        """The place of each changed row among its user's items; -1 if it is not there.

        Items whose slot has no changed row are passed over, so that few are searched for.
        """
        places = np.full(len(self.changed), -1)
        if not len(places):
            return places
        slots = 1 << (SLOTS * len(places)).bit_length()
        taken = np.zeros(slots, bool)
        taken[self.changed & (slots - 1)] = True
        near = np.flatnonzero(taken.take(items & (slots - 1)))
        whose = np.searchsorted(np.cumsum(lengths), near, "right")
        keys = self.keys_of(whose, items[near])
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        same = self.keys[at] == keys
        places[at[same]] = near[same]
        return places
