"""Scores that are the same for every user, except for a few items.

A blend without an encoder gives such scores. The order of the shared scores and the sum of their exponentials
are made once, so an answer costs as much as its exceptions and not as much as the catalog.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.scores import Array, Dense, Mask, Scores, log_sum
from tastemaker.models.topk import top_k


@dataclass
class Shared:
    """Scores that all users share: float32[items]."""

    values: Array
    _kept: tuple[Mask, NDArray[np.int32], float] | None = field(default=None, repr=False)

    @cached_property
    def order(self) -> NDArray[np.int32]:
        """The items, best first, equal scores by position, without those of -inf."""
        order = np.argsort(-self.values, kind="stable").astype(np.int32)
        return order[np.isfinite(self.values[order])]

    @cached_property
    def total(self) -> float:
        """The logarithm of the sum of all exponentials."""
        return log_sum(self.values.astype(np.float64))

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """The softmax of all scores."""
        found: NDArray[np.float64] = np.exp(self.values.astype(np.float64) - self.total)
        return found

    def through(self, allowed: Mask | None) -> tuple[NDArray[np.int32], float]:
        """The order and the sum of the items that a mask allows.

        Those of the last mask are cached, because filters' masks are. A writeable mask may change later.
        """
        if allowed is None:
            return self.order, self.total
        if self._kept is not None and self._kept[0] is allowed:
            return self._kept[1:]
        found = self.order[allowed[self.order]], log_sum(self.values[allowed].astype(np.float64))
        if not allowed.flags.writeable:
            self._kept = allowed, *found
        return found


class Overlaid(Scores):
    """Shared scores, and what some items get in addition.

    `items` is int64[some], distinct and rising, and `more` is float32[some].
    """

    def __init__(self, shared: Shared, items: NDArray[np.int64], more: Array) -> None:
        self._shared, self._items, self._more = shared, items, more

    def __len__(self) -> int:
        return len(self._shared.values)

    @cached_property
    def dense(self) -> Array:
        total = self._shared.values.copy()
        total[self._items] += self._more
        return total

    @cached_property
    def _own(self) -> Array:
        """The scores of the items that get more."""
        own: Array = self._shared.values[self._items] + self._more
        return own

    def top(self, count: int, allowed: Mask | None = None) -> NDArray[np.int64]:
        if allowed is not None and allowed.flags.writeable:  # its order is not worth making for one answer
            return Dense(self.dense).top(count, allowed)
        order, _ = self._shared.through(allowed)
        items, own = self._items, self._own
        if allowed is not None:
            through = allowed[items]
            items, own = items[through], own[through]
        if 0 < count < len(own):  # the others matter only if they reach the worst of the best
            best = own >= np.partition(own, len(own) - count)[len(own) - count]
            items, own = items[best], own[best]
            least = own.min()
        else:
            least = np.float32(-np.inf)
        # Among the first `count + len(self._items)`, at least `count` get nothing in addition.
        first = order[: count + len(self._items)]
        first = first[self._shared.values[first] >= least]
        if len(first):
            first = np.setdiff1d(first, self._items, assume_unique=True)
            items, own = np.concatenate([items, first]), np.concatenate([own, self._shared.values[first]])
            by_position = np.argsort(items, kind="stable")
            items, own = items[by_position], own[by_position]
        found: NDArray[np.int64] = items[top_k(own, count)].astype(np.int64)
        return found

    def of(self, items: Sequence[int] | NDArray[np.integer]) -> Array:
        wanted = np.asarray(items, np.intp)
        scores = self._shared.values[wanted]
        if len(self._items):
            places = np.minimum(np.searchsorted(self._items, wanted), len(self._items) - 1)
            scores += np.where(self._items[places] == wanted, self._more[places], np.float32(0))
        return scores

    def log_sum(self, allowed: Mask | None = None) -> float:
        if allowed is not None and allowed.flags.writeable:
            return Dense(self.dense).log_sum(allowed)
        _, total = self._shared.through(allowed)
        if not len(self._items) or total == -np.inf:
            return total
        items, own = self._items, self._own
        if allowed is not None:
            through = allowed[items]
            items, own = items[through], own[through]
        shift = max(total, float(own.max(initial=-np.inf)))
        added = np.exp(own.astype(np.float64) - shift).sum()
        before = float(self._shared.shares[items].sum()) * np.exp(self._shared.total - shift)
        left = np.exp(total - shift) - before
        return shift + float(np.log(max(left, 0.0) + added))
