"""Which rows of a catalog are allowed, and a cache of what requests share of that.

Most requests differ in a few rows only: a filter is the same for all users, and each user's own items are
excluded. So a mask is one that many requests share, except for the rows that it names, and few requests need
an array of the size of the catalog.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import RLock

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Rows = NDArray[np.integer]

NO_ROWS = np.zeros(0, np.int64)
Combine = Callable[[Flags, Flags], Flags]
MAX_CHANGED, MAX_CHANGED_SHARE = 256, 1 / 64
"""A mask that differs in more rows, and in a larger share of them, becomes one of its own."""
MAX_KEYS = 10_000
"""The keys of a cache. Values that are spelled differently can be many keys of one mask."""


@dataclass(frozen=True, eq=False, slots=True)
class Mask:
    """The allowed ones of `size` rows: those of `shared`, except that the `changed` rows are the opposite.

    `shared` is bool[size], or one value for all rows. It is writeable if no other request has it, and then
    nothing that is computed from it is cached. `changed` has distinct rows, rising.
    """

    size: int
    shared: Flags | bool = True
    changed: NDArray[np.int64] = field(default_factory=lambda: NO_ROWS)

    @classmethod
    def of(cls, flags: Flags) -> Mask:
        """The mask of an array that requests share. It becomes read-only."""
        flags.flags.writeable = False
        return cls(len(flags), flags)

    @classmethod
    def only(cls, size: int, rows: Rows) -> Mask:
        """A mask that allows these rows and no others. They may repeat; negative ones do not count."""
        if not _are_few(len(rows), size):
            flags = np.zeros(size, bool)
            flags[rows[rows >= 0]] = True
            return cls(size, flags)
        changed = distinct(rows)
        if len(changed) and changed[0] < 0:
            changed = changed[changed >= 0]
        return cls(size, False, changed)

    def __len__(self) -> int:
        return self.size

    @property
    def flags(self) -> Flags:
        """Which rows are allowed: read-only bool[size]."""
        if isinstance(self.shared, bool):
            found = np.full(self.size, self.shared)
        else:
            if not len(self.changed) and not self.shared.flags.writeable:
                return self.shared
            found = self.shared.copy()
        found[self.changed] ^= True
        found.flags.writeable = False
        return found

    def take(self, rows: Rows) -> Flags:
        """Whether each of these rows is allowed."""
        found = self.shared_flags(rows)
        if rows is self.changed:
            return ~found
        if len(self.changed):
            places = np.minimum(np.searchsorted(self.changed, rows), len(self.changed) - 1)
            found ^= self.changed[places] == rows
        return found

    def shared_flags(self, rows: Rows) -> Flags:
        """Whether the shared mask allows each of these rows."""
        return np.full(len(rows), self.shared) if isinstance(self.shared, bool) else self.shared.take(rows)

    @property
    def removed(self) -> NDArray[np.int64]:
        """The changed rows that are not allowed."""
        return self.changed[self.shared_flags(self.changed)]

    def count(self) -> int:
        """The number of allowed rows."""
        shared = self.shared
        of_shared = self.size * shared if isinstance(shared, bool) else int(np.count_nonzero(shared))
        return of_shared + len(self.changed) - 2 * len(self.removed)

    def without(self, rows: Rows) -> Mask:
        """This mask without some rows, which may repeat."""
        return self - Mask.only(self.size, rows)

    def __invert__(self) -> Mask:
        opposite = not self.shared if isinstance(self.shared, bool) else ~self.shared
        return Mask(self.size, opposite, self.changed)

    def __and__(self, other: Mask) -> Mask:
        return self._combined(other, np.logical_and, neutral=True)

    def __sub__(self, other: Mask) -> Mask:
        if len(self.changed) or other.shared is not False:
            return self & ~other
        # The usual case, the few rows of one user, takes a third of the time of combining masks.
        removed = other.changed
        if self.shared is not True:
            removed = removed[self.shared_flags(removed)]
        return _with_changed(self.size, self.shared, removed)

    def __or__(self, other: Mask) -> Mask:
        return self._combined(other, np.logical_or, neutral=False)

    def _combined(
        self, other: Mask, combine: Combine, *, neutral: bool, shared_ones: Combine | None = None
    ) -> Mask:
        """Combine two masks row by row. `neutral` is what leaves the other one as it is.

        `shared_ones` combines two shared arrays, if that is done in another way.
        """
        mine, others = self.shared, other.shared
        shared: Flags | bool
        if mine is neutral or others is (not neutral):
            shared = others
        elif others is neutral or mine is (not neutral):
            shared = mine
        else:
            assert not isinstance(mine, bool) and not isinstance(others, bool)
            shared = (shared_ones or combine)(mine, others)
        if not len(self.changed) and not len(other.changed):
            return Mask(self.size, shared)
        rows = self.changed if not len(other.changed) else other.changed
        if len(self.changed) and len(other.changed):
            rows = distinct(np.concatenate([self.changed, other.changed]))
        allowed = combine(self.take(rows), other.take(rows))
        if isinstance(shared, bool):
            differs = ~allowed if shared else allowed
        else:
            differs = allowed != shared.take(rows)
        return _with_changed(self.size, shared, rows[differs])

    def and_by(self, cache: MaskCache, other: Mask) -> Mask:
        """The rows that both allow. What is computed from two shared masks is cached."""

        def both(mine: Flags, others: Flags) -> Flags:
            if mine.flags.writeable or others.flags.writeable:
                return mine & others
            return cache.get((mine, others), "both", lambda: mine & others)

        return self._combined(other, np.logical_and, neutral=True, shared_ones=both)


def distinct(rows: Rows) -> NDArray[np.int64]:
    """The same rows, rising, each once. It is a few times as fast as `np.unique`."""
    rising = rows.astype(np.int64)
    rising.sort()
    again = rising[1:] == rising[:-1]
    return rising[np.append(True, ~again)] if np.count_nonzero(again) else rising


def _with_changed(size: int, shared: Flags | bool, changed: NDArray[np.int64]) -> Mask:
    if _are_few(len(changed), size):
        return Mask(size, shared, changed)
    own = np.full(size, shared) if isinstance(shared, bool) else shared.copy()
    own[changed] ^= True
    return Mask(size, own)


def _are_few(changed: int, size: int) -> bool:
    return changed <= max(MAX_CHANGED, MAX_CHANGED_SHARE * size)


class MaskCache:
    """Shared masks by what they were computed from. The least recently used one is dropped first.

    The sources (columns, or other masks) are part of the key, so that new columns never get an old mask.
    Threads may share it.
    """

    def __init__(self, limit: int = 64 * 2**20) -> None:
        """Create a cache of `limit` bytes. A mask takes one byte per row, also if it has several keys."""
        self.limit = limit
        self._lock = RLock()  # a mask may be made from others that are cached
        self.bytes = self.hits = self.misses = 0
        self._cached: OrderedDict[Hashable, tuple[tuple[object, ...], Flags]] = OrderedDict()
        self._keys: Counter[int] = Counter()  # how many keys a mask has, by its identity

    def get(self, sources: tuple[object, ...], key: Hashable, make: Callable[[], Flags]) -> Flags:
        """Return the cached mask of a key and its sources, or a new one. It is read-only."""
        with self._lock:
            return self._get(sources, key, make)

    def _get(self, sources: tuple[object, ...], key: Hashable, make: Callable[[], Flags]) -> Flags:
        entry = (*map(id, sources), key)
        if entry in self._cached:
            self._cached.move_to_end(entry)
            self.hits += 1
            return self._cached[entry][1]
        self.misses += 1
        mask = make()
        mask.flags.writeable = False
        if mask.nbytes <= self.limit:
            # The sources are kept with the mask: while they exist, no other object has their ids.
            self._cached[entry] = sources, mask
            self._keys[id(mask)] += 1
            self.bytes += mask.nbytes if self._keys[id(mask)] == 1 else 0
            while self.bytes > self.limit or len(self._cached) > MAX_KEYS:
                self._drop()
        return mask

    def _drop(self) -> None:
        """Drop the key that was not used for longest, and its mask if it has no other key."""
        _, (_, mask) = self._cached.popitem(last=False)
        self._keys[id(mask)] -= 1
        if not self._keys[id(mask)]:
            del self._keys[id(mask)]
            self.bytes -= mask.nbytes

    def __len__(self) -> int:
        return len(self._cached)
