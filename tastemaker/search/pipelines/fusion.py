"""How the order of a search and the order of a user's preference become one.

ranks    (1 - w) / log2(rank + 1) + w / log2(personalized rank + 1), as AWS's plugin for OpenSearch does
scores   (1 - w) * search score + w * personal score, both scaled to 0 to 1 over the window
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]


def combine_ranks(personal_ranks: Sequence[int | None], weight: float) -> Scores:
    """The scores of hits in the order of the search: float32[hits].

    `personal_ranks` begin with 1. A hit without one gets nothing for it.
    """
    ranks = np.arange(1, len(personal_ranks) + 1, dtype=np.float64)
    personal = np.array([np.inf if rank is None else rank for rank in personal_ranks], np.float64)
    return ((1 - weight) / np.log2(ranks + 1) + weight / np.log2(personal + 1)).astype(np.float32)


def combine_scores(
    search_scores: Sequence[float], personal_scores: Sequence[float | None], weight: float
) -> Scores:
    """The scores of hits: float32[hits]. A hit without a personal score has the lowest one.

    Personal scores are probabilities, which differ by orders of magnitude, so that their logarithms count.
    """
    known = [score for score in personal_scores if score]
    lowest = min(known, default=1.0)
    logs = np.log([score or lowest for score in personal_scores])
    return ((1 - weight) * scaled(np.asarray(search_scores)) + weight * scaled(logs)).astype(np.float32)


def scaled(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Values from 0 for the lowest to 1 for the highest; 1 for all if they are equal."""
    low, high = float(np.min(values, initial=np.inf)), float(np.max(values, initial=-np.inf))
    if not high > low:
        return np.ones(len(values))
    return np.asarray((values - low) / (high - low), np.float64)


def interleaved(order: Sequence[int], promoted: Sequence[int], percent: int) -> list[int]:
    """An order of hits in which promoted ones have `percent` of the places, evenly spread from the first.

    Both sequences are best first, and `order` contains the promoted hits too. The places depend only on the
    percentage, so that all pages of a list agree.
    """
    chosen = list(promoted)
    result: list[int] = []
    others = iter([hit for hit in order if hit not in set(chosen)])
    given = 0
    while len(result) < len(order):
        due = len(result) * percent // 100 >= given if chosen else False
        hit = chosen.pop(0) if due else next(others, None)
        if hit is None:
            hit = chosen.pop(0)
            due = True
        given += due
        result.append(hit)
    return result


def json_score(score: float) -> float:
    """A float32 as the shortest number that reads as the same float32, as servers write scores."""
    return float(str(np.float32(score)))
