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

from tastemaker.models.scores import Dense, Mask, Scores, log_sum
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
) -> list[Pick]:
    """Return the best `count` items, best first, except that promoted items have random places.

    `allowed` (bool[items]) is the request's filter. It does not apply to promoted items, and the promotion's
    filter does not apply to other items. `scale` is CATALOG, CANDIDATES, or None for no scores. `fillers`
    (popularity) fill up the answer with allowed items that the model has no score for; they have no score in
    the answer either. `reasons` is true for second-generation recipes. A promotion needs `rng`.

    With an `exploration`, new items take the last places and keep their own scores, so that the answer stays
    sorted. If no scores are reported, they have random places.

    `first` (bool[items]) are allowed items that come before all others, whatever their scores. They are fewer
    than `count`. All of them are in the answer, so nothing is explored.
    """
    promoted = _promoted(scores, count, promotion) if promotion else []
    open_to = _without(allowed, promoted, len(scores)) if promoted else allowed
    total = _total(scores, open_to, promoted, scale)
    free = count - len(promoted)
    items, values = _best(scores, free, open_to, first)
    best = items.tolist()
    explored = exploration.choose(scores, best, free, open_to) if exploration and first is None else []
    best = best[: free - len(explored)]
    picks = _picks(best, values[: len(best)], total)
    if exploration and explored:
        marks = (EXPLORED,) if reasons else ()
        new = [pick._replace(reasons=marks) for pick in _picks(explored, scores.of(explored), total)]
        picks = _interleaved(picks, new, exploration.rng) if total is None else picks + new
        best += explored
    if fillers is not None and (missing := count - len(best) - len(promoted)) > 0:
        rest = _without(allowed, best + promoted, len(fillers))
        popular = _best(Dense(fillers), missing, rest, first)[0].tolist()
        picks += [Pick(item, reasons=(POPULAR,) if reasons else ()) for item in popular]
    if not promotion or not promoted:
        return picks
    marks = (PROMOTED,) if reasons else ()
    shown = _picks(promoted, scores.of(promoted), total)
    marked = [pick._replace(reasons=marks, promotion=promotion.name) for pick in shown]
    return _interleaved(picks, marked, rng or Random())


def rank(
    scores: Scores, items: Sequence[int], *, allowed: Mask | None = None, keep_unknown: bool = True
) -> list[tuple[int, float | None]]:
    """Return (index in `items`, score) in the order of the ranking.

    `items` are positions in the bundle, -1 for an unknown item. Scores are a softmax over the ranked items.
    Items that the model does not know come last, without a score and in the given order; `keep_unknown=False`
    omits them. Items with equal scores keep the given order.
    """
    known = [
        index for index, item in enumerate(items) if item >= 0 and (allowed is None or allowed[items[index]])
    ]
    values = scores.of([items[index] for index in known]).astype(np.float64)
    order = np.argsort(-values, kind="stable")
    finite = np.isfinite(values)
    best = order[finite[order]]
    ranked: list[tuple[int, float | None]] = [
        (known[index], share)
        for index, share in zip(best.tolist(), _shares(values[best], log_sum(values)), strict=True)
    ]
    if keep_unknown:
        unscored = {known[index] for index in np.flatnonzero(~finite).tolist()}
        unknown = (index for index, item in enumerate(items) if item < 0 or index in unscored)
        ranked += [(index, None) for index in unknown]
    return ranked


def _without(allowed: Mask | None, items: Sequence[int], size: int) -> Mask:
    """Return a copy of a mask that does not allow these items."""
    mask = np.ones(size, bool) if allowed is None else allowed.copy()
    mask[items] = False
    return mask


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


def _picks(items: Sequence[int], values: NDArray[np.floating], total: float | None) -> list[Pick]:
    if total is None:
        return [Pick(item) for item in items]
    return list(map(Pick, items, _shares(values, total)))


def _shares(values: NDArray[np.floating], total: float) -> list[float]:
    """Return probabilities, rounded to seven decimals."""
    shares = np.exp(values.astype(np.float64) - total)
    rounded: list[float] = np.minimum(shares, 1.0).round(7).tolist()
    return rounded


def _interleaved(picks: list[Pick], inserted: list[Pick], rng: Random) -> list[Pick]:
    """Put `inserted` at random places between `picks`. Both keep their order."""
    size = len(picks) + len(inserted)
    places = set(rng.sample(range(size), len(inserted)))
    rest, front = iter(picks), iter(inserted)
    return [next(front if place in places else rest) for place in range(size)]
