"""From scores to the items of an answer, for live requests, batch jobs and offline evaluation.

picks = recommend(scores, count=25, allowed=mask, scale=CANDIDATES)
ranking = rank(scores, items)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.masks import Mask
from tastemaker.models.scores import Dense, Scores, log_sum, shares
from tastemaker.serving.exploration import Exploration

CATALOG = "catalog"
"""Scores are a softmax over all items: they sum to 1 over the whole catalog, whatever a filter removes."""
CANDIDATES = "candidates"
"""Scores are a softmax over the items that may appear in the answer."""

PROMOTED = "Promoted item"
POPULAR = "Popular item"
EXPLORED = "Exploration"


class Pick(NamedTuple):
    """An item of an answer, by its position in the bundle. `score` is None if the recipe reports none."""

    item: int
    score: float | None = None
    reasons: tuple[str, ...] = ()
    promotion: str | None = None


class Picks(NamedTuple):
    """The items of an answer, in its order: see `Pick`. The columns have one length."""

    items: list[int]
    scores: list[float | None]
    reasons: list[tuple[str, ...]]
    promotions: list[str | None]

    @classmethod
    def of(
        cls,
        items: list[int],
        scores: Sequence[float | None] | None = None,
        reasons: tuple[str, ...] = (),
        promotion: str | None = None,
    ) -> Picks:
        """Return picks with the same reasons and promotion."""
        count = len(items)
        shown: list[float | None] = [None] * count if scores is None else list(scores)
        return cls(items, shown, [reasons] * count, [promotion] * count)

    def each(self) -> list[Pick]:
        """Return one item after the other."""
        return list(map(Pick, *self))

    def and_then(self, others: Picks) -> Picks:
        """Return these picks, followed by others."""
        return Picks(
            self.items + others.items,
            self.scores + others.scores,
            self.reasons + others.reasons,
            self.promotions + others.promotions,
        )

    def interleaved(self, others: Picks, rng: Random) -> Picks:
        """Return these picks with others at random places between them. Both keep their order."""
        mine, theirs = len(self.items), len(others.items)
        places = set(rng.sample(range(mine + theirs), theirs))
        rest, front = iter(self.each()), iter(others.each())
        picks = [next(front if place in places else rest) for place in range(mine + theirs)]
        items, scores, reasons, promotions = (list(column) for column in zip(*picks, strict=True))
        return Picks(items, scores, reasons, promotions)


@dataclass(frozen=True, slots=True)
class Promotion:
    """A share of the answer for the items of another filter. `percent` is from 1 to 100."""

    name: str | None
    percent: int
    allowed: Mask | None


def recommend(
    scores: Scores,
    *,
    count: int,
    allowed: Mask | None = None,
    first: Mask | None = None,
    scale: str | None = None,
    promotion: Promotion | None = None,
    rng: Random | None = None,
    fillers: NDArray[np.float32] | None = None,
    reasons: bool = False,
    exploration: Exploration | None = None,
) -> Picks:
    """Return the best `count` items, best first, except that promoted items have random places.

    `allowed` is the request's filter. It does not apply to promoted items, and the promotion's
    filter does not apply to other items. `scale` is CATALOG, CANDIDATES, or None for no scores. `fillers`
    (popularity) fill up the answer with allowed items that the model has no score for; they have no score in
    the answer either. `reasons` is true for second-generation recipes. A promotion needs `rng`.

    With an `exploration`, new items take the last places and keep their own scores, so that the answer stays
    sorted. If no scores are reported, they have random places.

    `first` are allowed items that come before all others, whatever their scores. They are fewer
    than `count`. All of them are in the answer, so nothing is explored.
    """
    promoted = _promoted(scores, count, promotion) if promotion else []
    open_to = _without(allowed, promoted, len(scores)) if promoted else allowed
    total = _total(scores, open_to, promoted, scale)
    free = count - len(promoted)
    items, values = _best(scores, free, open_to, first)
    best = items.tolist()
    explored = exploration.choose(scores, best, free, open_to) if exploration and first is None else []
    kept = free - len(explored)
    shown = None if total is None else scores.shares(values, total)[:kept]
    picks = Picks.of(best[:kept], shown)
    if exploration and explored:
        new = _picks(scores, explored, total, (EXPLORED,) if reasons else ())
        picks = picks.interleaved(new, exploration.rng) if total is None else picks.and_then(new)
    if fillers is not None and (missing := free - len(picks.items)) > 0:
        rest = _without(allowed, picks.items + promoted, len(fillers))
        popular = _best(Dense(fillers), missing, rest, first)[0].tolist()
        picks = picks.and_then(Picks.of(popular, reasons=(POPULAR,) if reasons else ()))
    if not promotion or not promoted:
        return picks
    front = _picks(scores, promoted, total, (PROMOTED,) if reasons else (), promotion.name)
    return picks.interleaved(front, rng or Random())


def rank(
    scores: Scores, items: Sequence[int], *, allowed: Mask | None = None, keep_unknown: bool = True
) -> list[tuple[int, float | None]]:
    """Return (index in `items`, score) in the order of the ranking.

    `items` are positions in the bundle, -1 for an unknown item. Scores are a softmax over the ranked items.
    Items that the model does not know come last, without a score and in the given order; `keep_unknown=False`
    omits them. Items with equal scores keep the given order.
    """
    positions = np.asarray(items, np.int64)
    rankable = positions >= 0
    if allowed is not None:
        rankable[rankable] = allowed.take(positions[rankable])
    known = np.flatnonzero(rankable).tolist()
    values = scores.of([items[index] for index in known]).astype(np.float64)
    order = np.argsort(-values, kind="stable")
    finite = np.isfinite(values)
    best = order[finite[order]]
    ranked: list[tuple[int, float | None]] = [
        (known[index], share)
        for index, share in zip(best.tolist(), shares(values[best], log_sum(values)), strict=True)
    ]
    if keep_unknown:
        unscored = {known[index] for index in np.flatnonzero(~finite).tolist()}
        unknown = (index for index, item in enumerate(items) if item < 0 or index in unscored)
        ranked += [(index, None) for index in unknown]
    return ranked


def _without(allowed: Mask | None, items: Sequence[int], size: int) -> Mask:
    """Return a mask that does not allow these items."""
    return (Mask(size) if allowed is None else allowed).without(np.array(items, np.int64))


def _best(
    scores: Scores, count: int, allowed: Mask | None, first: Mask | None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the best items and their scores: those of `first`, then others."""
    if first is None:
        return scores.best(count, allowed)
    items, values = scores.best(count, first if allowed is None else first & allowed)
    others, theirs = scores.best(count - len(items), ~first if allowed is None else allowed & ~first)
    return np.concatenate([items, others]), np.concatenate([values, theirs])


def _total(scores: Scores, open_to: Mask | None, promoted: Sequence[int], scale: str | None) -> float | None:
    """Return the log of the softmax denominator; None if no scores are reported."""
    if scale is None:
        return None
    if scale == CATALOG:
        return scores.log_sum()
    total = scores.log_sum(open_to)
    return float(np.logaddexp(total, log_sum(scores.of(promoted)))) if promoted else total


def _promoted(scores: Scores, count: int, promotion: Promotion) -> list[int]:
    slots = max(1, count * promotion.percent // 100)
    items: list[int] = scores.top(slots, promotion.allowed).tolist()
    return items


def _picks(
    scores: Scores,
    items: list[int],
    total: float | None,
    reasons: tuple[str, ...],
    promotion: str | None = None,
) -> Picks:
    shown = None if total is None else scores.shares(scores.of(items), total)
    return Picks.of(items, shown, reasons, promotion)
