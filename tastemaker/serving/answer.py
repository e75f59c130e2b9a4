"""A score per item → the answer to a request: live requests, batch lines and offline evaluation all come
through here.

    scores = score(model, history, now=…, user_index=…, item_index=…)
    picks = recommend(scores, count=25, allowed=mask, scale=CANDIDATES)
    places = rank(scores, items)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.base import Model
from tastemaker.models.bundle import History
from tastemaker.models.scores import Dense, Mask, Scores, log_sum
from tastemaker.serving.exploration import Exploration

CATALOG = "catalog"
"""Scores shown are a softmax over every item: they sum to 1 over the whole catalog, whatever a filter
removes.
"""
CANDIDATES = "candidates"
"""Scores shown are a softmax over the items that may be in the answer."""

PROMOTED = "Promoted item"
POPULAR = "Popular item"
EXPLORED = "Exploration"


class Pick(NamedTuple):
    """One item of an answer, by position in the bundle. `score` is None where the recipe shows none."""

    item: int
    score: float | None = None
    reasons: tuple[str, ...] = ()
    promotion: str | None = None


@dataclass(frozen=True, slots=True)
class Promotion:
    """A share of the answer for items of a filter of its own. `percent` is from 1 to 100."""

    name: str | None
    percent: int
    allowed: Mask | None


def score(
    model: Model,
    history: History,
    *,
    now: int,
    context: Mapping[str, str] | None = None,
    user_index: int = -1,
    item_index: int = -1,
) -> Scores:
    """The model's scores, log scale, for a user or for an item, as the model needs. -1: not in the bundle."""
    if model.needs_item:
        return Dense(model.score_item(item_index))
    return model.scores_for(history, now=now, context=context, user_index=user_index)


def recommend(
    scores: Scores,
    *,
    count: int,
    allowed: Mask | None = None,
    scale: str | None = None,
    promotion: Promotion | None = None,
    rng: Random | None = None,
    fillers: NDArray[np.float32] | None = None,
    reasons: bool = False,
    exploration: Exploration | None = None,
) -> list[Pick]:
    """The best `count` items, best first, except that promoted ones stand at random places.

    `allowed` is the request's filter; it does not bind promoted items, nor does the promotion's filter bind
    the others. `scale` (CATALOG, CANDIDATES or None) says which scores are shown. `fillers` (popularity)
    fill an answer up with allowed items that the model has no score for; they have none in the answer either.
    `reasons` are given by the second generation of recipes only. `rng` is needed with a promotion.

    With an `exploration`, new items take the last places from the best ones and show their own scores, so
    that the answer stays sorted. Where no scores are shown they stand at places drawn by chance instead.
    """
    promoted = _promoted(scores, count, promotion) if promotion else []
    open_to = _without(allowed, promoted, len(scores)) if promoted else allowed
    total = _total(scores, open_to, promoted, scale)
    room = count - len(promoted)
    best = scores.top(room, open_to).tolist()
    explored = exploration.choose(scores, best, room, open_to) if exploration else []
    best = best[: room - len(explored)]
    picks = _picks(best, scores, total)
    if exploration and explored:
        marks = (EXPLORED,) if reasons else ()
        tried = [pick._replace(reasons=marks) for pick in _picks(explored, scores, total)]
        picks = _mingled(picks, tried, exploration.rng) if total is None else picks + tried
        best += explored
    if fillers is not None and len(best) + len(promoted) < count:
        rest = _without(allowed, best + promoted, len(fillers))
        missing = count - len(best) - len(promoted)
        fill = Dense(fillers).top(missing, rest).tolist()
        picks += [Pick(item, reasons=(POPULAR,) if reasons else ()) for item in fill]
    if not promotion or not promoted:
        return picks
    marks = (PROMOTED,) if reasons else ()
    marked = [
        pick._replace(reasons=marks, promotion=promotion.name) for pick in _picks(promoted, scores, total)
    ]
    return _mingled(picks, marked, rng or Random())


def rank(
    scores: Scores, items: Sequence[int], *, allowed: Mask | None = None, keep_unknown: bool = True
) -> list[tuple[int, float | None]]:
    """Places in `items` (positions in the bundle, -1 for an unknown one) in the order of the ranking, with
    scores.

    Scores are a softmax over the ranked items. Items that the model does not know come last, without a score,
    in the order given; `keep_unknown=False` leaves them out (a filter that includes cannot include them).
    Equal scores keep the order given.
    """
    known = [
        place for place, item in enumerate(items) if item >= 0 and (allowed is None or allowed[items[place]])
    ]
    values = scores.of([items[place] for place in known]).astype(np.float64)
    order = np.argsort(-values, kind="stable")
    finite = np.isfinite(values)
    best = order[finite[order]]
    ranked: list[tuple[int, float | None]] = [
        (known[place], share)
        for place, share in zip(best.tolist(), _shown(values[best], log_sum(values)), strict=True)
    ]
    if keep_unknown:
        unscored = {known[place] for place in np.flatnonzero(~finite).tolist()}
        unknown = (place for place, item in enumerate(items) if item < 0 or place in unscored)
        ranked += [(place, None) for place in unknown]
    return ranked


def _without(allowed: Mask | None, items: Sequence[int], size: int) -> Mask:
    """What a mask lets through, less these items."""
    mask = np.ones(size, bool) if allowed is None else allowed.copy()
    mask[items] = False
    return mask


def _total(scores: Scores, open_to: Mask | None, promoted: Sequence[int], scale: str | None) -> float | None:
    if scale is None:
        return None
    if scale == CATALOG:
        return scores.log_sum()
    total = scores.log_sum(open_to)
    return float(np.logaddexp(total, log_sum(scores.of(promoted)))) if promoted else total


def _promoted(scores: Scores, count: int, promotion: Promotion) -> list[int]:
    slots = max(1, count * promotion.percent // 100)
    return scores.top(slots, promotion.allowed).tolist()


def _picks(items: Sequence[int], scores: Scores, total: float | None) -> list[Pick]:
    if total is None:
        return [Pick(item) for item in items]
    return list(map(Pick, items, _shown(scores.of(items), total)))


def _shown(values: NDArray[np.floating], total: float) -> list[float]:
    """Probabilities with seven decimals."""
    shares = np.exp(values.astype(np.float64) - total)
    return np.minimum(shares, 1.0).round(7).tolist()


def _mingled(picks: list[Pick], promoted: list[Pick], rng: Random) -> list[Pick]:
    places = set(rng.sample(range(len(picks) + len(promoted)), len(promoted)))
    rest, front = iter(picks), iter(promoted)
    return [next(front if place in places else rest) for place in range(len(picks) + len(promoted))]
