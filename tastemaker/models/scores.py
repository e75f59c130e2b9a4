"""A model's scores, asked for the best items, for single items, or for a softmax's divisor.

An answer needs a few hundred scores of a million. `Dense` holds every score. `tastemaker.models.blended`
computes only those that are needed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.topk import top_k

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]


class Scores(ABC):
    """Scores on a logarithmic scale, higher is better; -inf for an item that must not be shown."""

    @abstractmethod
    def __len__(self) -> int:
        """The number of items."""

    def top(self, count: int, allowed: Mask | None = None) -> NDArray[np.int64]:
        """The items of `best`."""
        return self.best(count, allowed)[0]

    @abstractmethod
    def best(self, count: int, allowed: Mask | None = None) -> tuple[NDArray[np.int64], Array]:
        """The best `count` items that the mask allows, and their scores.

        They are best first, equal scores by position. Items with a score of -inf are never returned.
        """

    @abstractmethod
    def of(self, items: Sequence[int] | NDArray[np.integer]) -> Array:
        """The exact scores of these items."""

    @abstractmethod
    def log_sum(self, allowed: Mask | None = None) -> float:
        """The logarithm of the sum of the exponentials of all scores that the mask allows."""

    @property
    @abstractmethod
    def dense(self) -> Array:
        """Every item's score: float32[items]."""

    @classmethod
    def prepared(
        cls,
        users: Sequence[Scores],
        count: int,
        allowed: Sequence[Mask | None],
        summed: Sequence[Mask | None],
    ) -> list[Scores]:
        """The scores of users of this class, with what each of them will be asked computed together.

        Asked are the best `count` items of each user's mask in `allowed`, and the sum over that in `summed`.
        """
        return list(users)


class Prepared(Scores):
    """Scores that know two answers already: the best items of a mask, and a sum."""

    def __init__(
        self,
        scores: Scores,
        count: int,
        allowed: Mask | None,
        best: tuple[NDArray[np.int64], Array],
        summed: Mask | None,
        total: float,
    ) -> None:
        self._scores, self._count, self._allowed = scores, count, allowed
        self._best, self._summed, self._total = best, summed, total

    def __len__(self) -> int:
        return len(self._scores)

    @property
    def dense(self) -> Array:
        return self._scores.dense

    def best(self, count: int, allowed: Mask | None = None) -> tuple[NDArray[np.int64], Array]:
        known = count == self._count and allowed is self._allowed
        return self._best if known else self._scores.best(count, allowed)

    def of(self, items: Sequence[int] | NDArray[np.integer]) -> Array:
        return self._scores.of(items)

    def log_sum(self, allowed: Mask | None = None) -> float:
        return self._total if allowed is self._summed else self._scores.log_sum(allowed)


def prepare(
    users: Sequence[Scores], count: int, allowed: Sequence[Mask | None], summed: Sequence[Mask | None]
) -> list[Scores]:
    """The same scores, with the answers of all users computed together: see `Scores.prepared`."""
    found = list(users)
    for kind in {type(user) for user in users}:
        places = [place for place, user in enumerate(users) if type(user) is kind]
        prepared = kind.prepared(
            [users[place] for place in places],
            count,
            [allowed[place] for place in places],
            [summed[place] for place in places],
        )
        for place, scores in zip(places, prepared, strict=True):
            found[place] = scores
    return found


class Dense(Scores):
    """A vector with the score of every item."""

    def __init__(self, values: Array) -> None:
        self._values = values
        self._kept: tuple[Mask, NDArray[np.int64], Array] | None = None

    def __len__(self) -> int:
        return len(self._values)

    @property
    def dense(self) -> Array:
        return self._values

    def best(self, count: int, allowed: Mask | None = None) -> tuple[NDArray[np.int64], Array]:
        if allowed is None:
            items = top_k(self._values, count)
            return items, self._values[items]
        items, values = self._through(allowed)
        best = top_k(values, count)
        return items[best], values[best]

    def of(self, items: Sequence[int] | NDArray[np.integer]) -> Array:
        return self._values[np.asarray(items, np.intp)]

    def log_sum(self, allowed: Mask | None = None) -> float:
        return log_sum(self._values if allowed is None else self._through(allowed)[1])

    def _through(self, allowed: Mask) -> tuple[NDArray[np.int64], Array]:
        """The allowed positions and their scores, cached because a request asks for one mask twice."""
        if self._kept is None or self._kept[0] is not allowed:
            items = np.flatnonzero(allowed)
            self._kept = allowed, items, self._values[items]
        return self._kept[1:]


def log_sum(scores: NDArray[np.floating]) -> float:
    """The logarithm of the sum of exponentials, a softmax's divisor. -inf if there is nothing to sum."""
    highest = float(scores.max(initial=-np.inf))
    if not np.isfinite(highest):
        return -np.inf
    shares = scores - scores.dtype.type(highest)
    np.exp(shares, out=shares)
    return highest + float(np.log(shares.sum()))  # numpy sums pairwise, so seven digits stay right
