"""A model's scores, asked for the best items, for single items, or for a softmax's divisor.

An answer needs a few hundred scores of a million. `Dense` holds every score. `tastemaker.models.blended`
computes only those that are needed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.masks import Mask
from tastemaker.models.topk import top_k

Array = NDArray[np.float32]


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
    def answers(cls, users: Sequence[Self], asked: Sequence[Asked]) -> Sequence[Known]:
        """The answers to what is asked of the scores of users of this class, computed together.

        Nothing if that is not faster: answers that are computed one by one take no memory meanwhile.
        """
        return ()

    def shares(self, scores: Array, total: float) -> list[float]:
        """The shares of some of the scores in a softmax over the sum `total`: see `shares`."""
        return shares(scores, total)


class Asked(NamedTuple):
    """The best items of the mask `allowed`, at most `most`, and the sum over the mask `summed`."""

    most: int
    allowed: Mask | None
    summed: Mask | None


class Known(NamedTuple):
    """The answers to `Asked`: the best items, their scores, and the logarithm of the sum."""

    items: NDArray[np.int64]
    scores: Array
    total: float


class Prepared(Scores):
    """Scores that know some answers already, and the shares of the best items in that sum."""

    def __init__(self, scores: Scores, asked: Asked, known: Known, shares: list[float]) -> None:
        self._scores, self._asked, self._known, self._shares = scores, asked, known, shares

    def __len__(self) -> int:
        return len(self._scores)

    @property
    def dense(self) -> Array:
        return self._scores.dense

    def best(self, count: int, allowed: Mask | None = None) -> tuple[NDArray[np.int64], Array]:
        asked, known = self._asked, self._known
        if count == asked.most and allowed is asked.allowed:
            return known.items, known.scores
        return self._scores.best(count, allowed)

    def of(self, items: Sequence[int] | NDArray[np.integer]) -> Array:
        return self._scores.of(items)

    def log_sum(self, allowed: Mask | None = None) -> float:
        return self._known.total if allowed is self._asked.summed else self._scores.log_sum(allowed)

    def shares(self, scores: Array, total: float) -> list[float]:
        known = scores is self._known.scores and total == self._known.total
        return self._shares if known else super().shares(scores, total)


def prepare(users: Sequence[Scores], asked: Sequence[Asked]) -> list[Scores]:
    """The same scores with the answers to what each of them will be asked, if those are computed together."""
    found, answered = list(users), list[int]()
    known: list[Known] = []
    for kind in {type(user) for user in users}:
        places = [place for place, user in enumerate(users) if type(user) is kind]
        answers = kind.answers([users[place] for place in places], [asked[place] for place in places])
        answered += places[: len(answers)]
        known += answers
    if known:
        lengths = [len(one.scores) for one in known]
        totals = np.repeat([one.total for one in known], lengths)
        of_all = shares(np.concatenate([one.scores for one in known]), totals)
        ends = pairwise([0, *accumulate(lengths)])
        for place, one, (begin, end) in zip(answered, known, ends, strict=True):
            found[place] = Prepared(users[place], asked[place], one, of_all[begin:end])
    return found


def shares(scores: NDArray[np.floating], total: float | NDArray[np.float64]) -> list[float]:
    """The shares of these scores in a softmax over the sum `total`, rounded to seven decimals."""
    found = np.exp(scores.astype(np.float64) - total)
    rounded: list[float] = np.minimum(found, 1.0).round(7).tolist()
    return rounded


class Dense(Scores):
    """A vector with the score of every item."""

    def __init__(self, values: Array) -> None:
        self._values = values
        self._kept: tuple[Mask, NDArray[np.int64] | None, Array] | None = None

    def __len__(self) -> int:
        return len(self._values)

    @property
    def dense(self) -> Array:
        return self._values

    def best(self, count: int, allowed: Mask | None = None) -> tuple[NDArray[np.int64], Array]:
        items, values = (None, self._values) if allowed is None else self._through(allowed)
        best = top_k(values, count)
        return best if items is None else items[best], values[best]

    def of(self, items: Sequence[int] | NDArray[np.integer]) -> Array:
        return self._values[np.asarray(items, np.intp)]

    def log_sum(self, allowed: Mask | None = None) -> float:
        return log_sum(self._values if allowed is None else self._through(allowed)[1])

    def _through(self, allowed: Mask) -> tuple[NDArray[np.int64] | None, Array]:
        """The allowed positions and their scores, cached because a request asks for one mask twice.

        If few items are not allowed, positions are None, and those items have a score of -inf.
        """
        if self._kept is None or self._kept[0] is not allowed:
            if allowed.shared is True:
                values = self._values.copy()
                values[allowed.changed] = -np.inf
                self._kept = allowed, None, values
            else:
                items = np.flatnonzero(allowed.flags)
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
