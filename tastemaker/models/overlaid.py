"""Scores that are the same for every user, except for a few items.

A blend without an encoder gives such scores. The order of the shared scores and the sum of their exponentials
are made once, so an answer costs as much as its exceptions and not as much as the catalog. Several users are
answered together, and one user is a group of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.masks import Flags, Mask
from tastemaker.models.extras import Extra
from tastemaker.models.group_masks import GroupMasks
from tastemaker.models.scores import Array, Asked, Known, Scores, log_sum
from tastemaker.models.sparse import ranges, sums_of_runs

BLOCKS = 8
"""The blocks of a user's exceptions for each item that is wanted: see `tastemaker.models.topk`."""
WORST = np.iinfo(np.int64).max
"""What is sorted behind every item."""
LOWEST = np.finfo(np.float32).min
"""The lowest score of an item that may be shown."""
MIN_SHARE_LEFT = 1e-6
"""The share of a sum that must be left, so that differences from float64 keep their digits."""


@dataclass
class Shared:
    """Scores that all users share: float32[items]."""

    values: Array
    _kept: tuple[Flags, float] | None = field(default=None, repr=False)

    @cached_property
    def order(self) -> NDArray[np.int32]:
        """The items, best first, equal scores by position, without those of -inf."""
        order = np.argsort(-self.values, kind="stable").astype(np.int32)
        return order[np.isfinite(self.values[order])]

    @cached_property
    def _rising(self) -> Array:
        """The negative scores in this order, for searches."""
        negative: Array = -self.values[self.order]
        return negative

    @cached_property
    def _total(self) -> float:
        return log_sum(self.values.astype(np.float64))

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """The softmax of all scores."""
        found: NDArray[np.float64] = np.exp(self.values.astype(np.float64) - self._total)
        return found

    def total(self, allowed: Flags | bool = True) -> float:
        """The logarithm of the sum of the exponentials of the allowed scores.

        That of the last array is cached, because filters' are. A writeable array may change later.
        """
        if isinstance(allowed, bool):
            return self._total if allowed else -np.inf
        if self._kept is not None and self._kept[0] is allowed:
            return self._kept[1]
        found = log_sum(self.values[allowed].astype(np.float64))
        if not allowed.flags.writeable:
            self._kept = allowed, found
        return found

    def totals(self, masks: GroupMasks) -> NDArray[np.float64]:
        """The logarithms of the sums of the exponentials of what each mask allows: float64[masks]."""
        if masks.share_one:
            totals = np.full(len(masks.each), self.total(masks.each[0].shared))
        else:
            totals = np.array([self.total(mask.shared) for mask in masks.each])
        if not len(masks.changed) or not np.isfinite(self._total):
            return totals
        before = np.exp(totals - self._total)
        shares = self.shares.take(masks.changed)
        now = before + sums_of_runs(np.where(masks.added, shares, -shares), masks.lengths)
        left = now > MIN_SHARE_LEFT * before
        totals[left] = self._total + np.log(now[left])
        for place in np.flatnonzero(~left & (masks.lengths > 0)).tolist():
            totals[place] = log_sum(self.values[masks.each[place].flags].astype(np.float64))
        return totals

    def first(
        self, allowed: Flags | bool, least: Array, most: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """For each user, the first items of the order that are allowed, and how many they are.

        They are those with a score of `least` [users] or more, at most `most` [users] of them.
        """
        ends = np.searchsorted(self._rising, -least, "right")
        enough, size = int(most.max(initial=0)), int(ends.max(initial=0))
        order = self.order[: 0 if allowed is False else size]
        if not isinstance(allowed, bool):
            read = 2 * enough
            while len(some := order[:read][allowed[order[:read]]]) < enough and read < size:
                read *= 4
            order = some
            ends = np.searchsorted(-self.values[order], -least, "right")
        lengths = np.minimum(np.minimum(ends, most), len(order))
        if not lengths.any():
            return order[:0], lengths
        return order[ranges(np.zeros_like(lengths), lengths)], lengths


class Overlaid(Scores):
    """Shared scores, and what some items get in addition."""

    def __init__(self, shared: Shared, extra: Extra) -> None:
        self.shared, self.extra = shared, extra
        self._kept: tuple[Mask | None, Together] | None = None

    def __len__(self) -> int:
        return len(self.shared.values)

    @cached_property
    def dense(self) -> Array:
        total = self.shared.values.copy()
        total[self.extra.items] += self.extra.values
        return total

    def best(self, count: int, allowed: Mask | None = None) -> tuple[NDArray[np.int64], Array]:
        return self._alone(allowed).best(count)[0]

    def of(self, items: Sequence[int] | NDArray[np.integer]) -> Array:
        wanted = np.asarray(items, np.intp)
        scores: Array = self.shared.values[wanted] + self.extra.of(wanted)
        return scores

    def log_sum(self, allowed: Mask | None = None) -> float:
        return float(self._alone(allowed).log_sums()[0])

    def _alone(self, allowed: Mask | None) -> Together:
        """A group of this user only, cached because a request asks for one mask twice."""
        if self._kept is None or self._kept[0] is not allowed:
            self._kept = allowed, Together([self], [allowed])
        return self._kept[1]

    @classmethod
    def answers(cls, users: Sequence[Self], asked: Sequence[Asked]) -> list[Known]:
        found: dict[int, Known] = {}
        by_shared: dict[int, list[int]] = {}
        for place, user in enumerate(users):
            by_shared.setdefault(id(user.shared), []).append(place)
        for places in by_shared.values():
            group, wanted = [users[place] for place in places], [asked[place] for place in places]
            found.update(zip(places, Together.answers(group, wanted), strict=True))
        return [found[place] for place in range(len(users))]


class Together:
    """The exceptions of users of one `Shared`, side by side, as far as each user's mask allows them."""

    def __init__(self, users: Sequence[Overlaid], allowed: Sequence[Mask | None]) -> None:
        self._shared = users[0].shared
        self._masks = GroupMasks(allowed, len(users[0]))
        items = np.concatenate([user.extra.items for user in users])
        more = np.concatenate([user.extra.values for user in users])
        lengths = np.array([len(user.extra.items) for user in users])
        if not self._masks.allow_all:
            items, more, lengths = self._masks.applied(items, more, lengths)
        self._items, self._lengths = items, lengths
        self._starts = np.cumsum(lengths) - lengths
        self._without = self._shared.values.take(items)
        self._scores: Array = self._without + more
        if len(self._masks.changed):
            self._without[np.isneginf(more)] = -np.inf

    @classmethod
    def answers(cls, users: Sequence[Overlaid], asked: Sequence[Asked]) -> list[Known]:
        """The answers to what is asked of each of these users."""
        together = over = cls(users, [one.allowed for one in asked])
        if any(one.summed is not one.allowed for one in asked):
            over = cls(users, [one.summed for one in asked])
        best, totals = together.best(max(one.most for one in asked)), over.log_sums().tolist()
        return [
            Known(items[: one.most], scores[: one.most], total)
            for (items, scores), one, total in zip(best, asked, totals, strict=True)
        ]

    def log_sums(self) -> NDArray[np.float64]:
        """The logarithm of the sum of the exponentials of each user's scores: float64[users]."""
        lengths = self._lengths
        totals = self._shared.totals(self._masks)
        some = np.flatnonzero(lengths)
        shifts = totals.copy()
        shifts[some] = np.maximum(totals[some], np.maximum.reduceat(self._scores, self._starts[some]))
        shifts[np.isneginf(shifts)] = 0.0
        by_item = np.repeat(shifts, lengths)
        own, without = self._scores - by_item, self._without - by_item
        more = np.exp(own, out=own) - np.exp(without, out=without)
        sums = np.exp(totals - shifts) + sums_of_runs(more, lengths)
        left = sums > 0
        found = np.full(len(sums), -np.inf)
        found[left] = shifts[left] + np.log(sums[left])
        return found

    def best(self, count: int) -> list[tuple[NDArray[np.int64], Array]]:
        """Each user's best items, best first, equal scores by position, and their scores."""
        users, items = len(self._lengths), self._items
        if count <= 0:
            return [(np.zeros(0, np.int64), np.zeros(0, np.float32))] * users
        least = self._at_most_the_last(count)
        good = np.flatnonzero(self._scores >= np.repeat(np.maximum(least, LOWEST), self._lengths))
        owners = np.searchsorted(self._starts, good, "right") - 1
        others, whose = self._others(least, count)
        own = np.bincount(owners, minlength=users)
        more = np.bincount(whose, minlength=users)
        found = np.full((users, int((own + more).max())), WORST)
        found[owners, ranges(np.zeros_like(own), own)] = _packed(self._scores[good], items[good])
        found[whose, ranges(own, more)] = _packed(self._shared.values[others], others)
        found.sort(axis=1)
        positions, scores = _unpacked(found[:, :count])
        lengths = np.minimum(own + more, count).tolist()
        return [(positions[user, :length], scores[user, :length]) for user, length in enumerate(lengths)]

    def _at_most_the_last(self, count: int) -> Array:
        """A score that at least `count` exceptions of a user reach, and not many more: float32[users].

        It is -inf for a user with few exceptions. It is found as in `tastemaker.models.topk`.
        """
        blocks, users = BLOCKS * count, len(self._lengths)
        rows = max(1, -(-int(self._lengths.max()) // blocks))
        scores = np.full((users, rows * blocks), -np.inf, np.float32)
        for row, begin, length in zip(scores, self._starts.tolist(), self._lengths.tolist(), strict=True):
            row[:length] = self._scores[begin : begin + length]
        highest = scores.reshape(users, rows, blocks).max(axis=1)
        least: Array = np.partition(highest, blocks - count, axis=1)[:, blocks - count]
        return least

    def _others(self, least: Array, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The items that get nothing in addition and may be among the best, and whose they are.

        Among the first `count` and as many more as a user has exceptions, at least `count` get nothing.
        """
        shared, masks, users = self._shared, self._masks, np.arange(len(self._lengths))
        most = np.where(np.isposinf(least), 0, count + self._lengths + masks.lengths)
        if masks.share_one:
            items, lengths = shared.first(masks.each[0].shared, least, most)
        else:
            found = [
                shared.first(mask.shared, least[user : user + 1], most[user : user + 1])
                for user, mask in enumerate(masks.each)
            ]
            items, lengths = (np.concatenate(part) for part in zip(*found, strict=True))
        if not lengths.any():
            return self._items[:0], users[:0]
        owners = np.repeat(users, lengths)
        near = np.flatnonzero(self._without >= np.repeat(least, self._lengths))  # no others are in `items`
        whose = np.searchsorted(self._starts, near, "right") - 1
        exceptions = np.append(masks.keys, masks.keys_of(whose, self._items[near]))
        kept = np.flatnonzero(~np.isin(masks.keys_of(owners, items), exceptions))
        return items[kept].astype(np.int64), owners[kept]


def _packed(scores: Array, items: NDArray[np.integer]) -> NDArray[np.int64]:
    """Scores and items as numbers that rise from the best to the worst, equal scores by position.

    Numbers are sorted faster than an order is found. Bits of positive floats rise like their values, and
    those of negative ones fall.
    """
    bits = (np.float32(0) - scores).view(np.int32)
    rising = (bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))).astype(np.int64)
    packed: NDArray[np.int64] = (rising << 32) | items
    return packed


def _unpacked(packed: NDArray[np.int64]) -> tuple[NDArray[np.int64], Array]:
    """The items and scores of `_packed`."""
    rising = (packed >> 32).astype(np.int32)
    bits = rising ^ ((rising >> 31) & np.int32(0x7FFFFFFF))
    return packed & 0xFFFFFFFF, np.float32(0) - bits.view(np.float32)
