"""Which weight of a processor would have shown clicked items first, estimated from the log of searches.

Users look at the first places more often, so clicks praise the order that was shown, whatever it was. A click
at place k therefore counts 1 / p(k), where p(k) = k^-bias is the probability that a user looks at place k.
That makes the mean reciprocal rank of relevant items unbiased for every order of the same hits, if p is
right: T. Joachims, A. Swaminathan, T. Schnabel, Unbiased Learning-to-Rank with Biased Feedback, WSDM 2017.
The mean is divided by the sum of the factors, which lowers its variance: A. Swaminathan, T. Joachims, The
Self-Normalized Estimator for Counterfactual Learning, NeurIPS 2015. Intervals are percentiles of a bootstrap
over users, whose clicks depend on each other: B. Efron, R. Tibshirani, An Introduction to the Bootstrap,
1993.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.search.learning.shown import Candidates, ShownSearch
from tastemaker.search.pipelines.fusion import combine_ranks, combine_scores

WEIGHTS = tuple(round(0.1 * step, 1) for step in range(11))
MAX_FACTOR = 20.0
"""A click counts at most so much, so that a few clicks on late places do not decide."""
SAMPLES = 1000
MAX_COUNTS = 4_000_000
"""Bootstrap samples times users that are in memory at once, 16 bytes each."""
LOW, HIGH = 2.5, 97.5
"""The percentiles of a 95 % interval."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Click:
    """An item that a user chose among those that a search showed."""

    user: str
    search: ShownSearch
    item: str


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class WeightEstimate:
    """What a weight would have given.

    `mrr` is the mean reciprocal rank of clicked items, `gain` its difference to the order that was shown, and
    `best_share` the share of bootstrap samples in which no other weight is better.
    """

    weight: float
    mrr: Interval
    gain: Interval
    best_share: float


@dataclass(frozen=True)
class Report:
    """The estimates of all weights. `left_out` counts clicks on items that the log does not show."""

    estimates: Sequence[WeightEstimate]
    shown: Interval
    clicks: int
    users: int
    left_out: int
    bias: float

    @property
    def best(self) -> WeightEstimate:
        """The weight with the highest estimate."""
        return max(self.estimates, key=lambda one: one.mrr.value)

    @property
    def is_sure(self) -> bool:
        """Whether the best weight is better than the order that was shown, by the 95 % interval."""
        return self.best.gain.low > 0


class NoClicksError(Exception):
    """There is no click on a shown item."""


@dataclass(frozen=True)
class Ranked:
    """Clicks on shown items, with the rank that each weight gives to the item.

    `reciprocal` is float64[clicks, 1 + weights]: 1 / place as it was shown, then 1 / rank by each weight.
    `place` is int64[clicks], from 1. `left_out` counts clicks on items that the log does not show.
    """

    weights: Sequence[float]
    reciprocal: Matrix
    place: NDArray[np.int64]
    users: Sequence[str]
    left_out: int

    @classmethod
    def of(cls, clicks: Sequence[Click], weights: Sequence[float] = WEIGHTS) -> Ranked:
        """Rank the item of each click. Raises NoClicksError without a click on a shown item."""
        rows, places, users = [], [], []
        for click in clicks:
            place = _place(click)
            ranks = None if place is None else _ranks(click, weights)
            if place is None or ranks is None:
                continue
            rows.append([1 / place, *(1 / rank for rank in ranks)])
            places.append(place)
            users.append(click.user)
        if not rows:
            raise NoClicksError("No click is on an item that a logged search showed.")
        reciprocal = np.array(rows, np.float64)
        return cls(weights, reciprocal, np.array(places, np.int64), users, len(clicks) - len(rows))

    def estimate(self, bias: float, samples: int = SAMPLES, seed: int = 0) -> Report:
        """Estimate each weight for users whose attention falls with the place as `bias` says."""
        names, user = np.unique(np.array(self.users, np.str_), return_inverse=True)
        factor = np.minimum(self.place.astype(np.float64) ** bias, MAX_FACTOR)
        total = np.zeros((len(names), self.reciprocal.shape[1]))
        np.add.at(total, user, self.reciprocal * factor[:, None])
        most = np.bincount(user, factor, len(names)).astype(np.float64)
        values = total.sum(0) / most.sum()
        drawn = _bootstrap(total, most, samples, np.random.default_rng(seed))
        best = drawn[:, 1:] >= drawn[:, 1:].max(1, keepdims=True) - 1e-12
        share = (best / best.sum(1, keepdims=True)).mean(0)
        estimates = [
            WeightEstimate(
                weight,
                _interval(values[column], drawn[:, column]),
                _interval(values[column] - values[0], drawn[:, column] - drawn[:, 0]),
                float(share[column - 1]),
            )
            for column, weight in enumerate(self.weights, 1)
        ]
        shown = _interval(values[0], drawn[:, 0])
        return Report(estimates, shown, len(self.place), len(names), self.left_out, bias)


def estimate(
    clicks: Sequence[Click],
    *,
    bias: float = 1.0,
    weights: Sequence[float] = WEIGHTS,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Report:
    """Estimate each weight from clicks. Raises NoClicksError without a click on a shown item.

    `bias` is how fast attention falls with the place: 0 if users look at all places alike.
    """
    return Ranked.of(clicks, weights).estimate(bias, samples, seed)


def _place(click: Click) -> int | None:
    """The place at which the item was shown, from 1; None if it was not."""
    shown = list(click.search.shown)
    return click.search.start + shown.index(click.item) + 1 if click.item in shown else None


def _ranks(click: Click, weights: Sequence[float]) -> list[int] | None:
    """The rank that each weight gives to the item; None if it is not among the candidates."""
    candidates = click.search.candidates
    items = list(candidates.items)
    if click.item not in items:
        return None
    at = items.index(click.item)
    ranks = []
    for weight in weights:
        scores = combined(candidates, weight, click.search.fusion)
        order = np.argsort(-scores, kind="stable")
        ranks.append(click.search.first + int(np.flatnonzero(order == at)[0]) + 1)
    return ranks


def combined(candidates: Candidates, weight: float, fusion: str) -> NDArray[np.float32]:
    """The scores that a processor with a weight gives to candidates: float32[candidates]."""
    if fusion == "scores":
        return combine_scores(candidates.search_scores, candidates.personal_scores, weight)
    return combine_ranks(candidates.personal_ranks, weight)


def _bootstrap(
    total: Matrix, most: Matrix, samples: int, rng: np.random.Generator, most_counts: int = MAX_COUNTS
) -> Matrix:
    """Estimates of resampled users: float64[samples, columns]."""
    users = len(most)
    at_once = max(most_counts // users, 1)
    found = []
    for start in range(0, samples, at_once):
        drawn = rng.multinomial(users, np.full(users, 1 / users), min(at_once, samples - start))
        counts = drawn.astype(np.float64)
        found.append((counts @ total) / (counts @ most)[:, None])
    return np.concatenate(found)


def _interval(value: float, drawn: Matrix) -> Interval:
    low, high = np.percentile(drawn, [LOW, HIGH])
    return Interval(float(value), float(low), float(high))
