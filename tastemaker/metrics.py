"""Offline metrics, as Amazon Personalize defines and names them.

Definitions are those of the developer guide ("Evaluating a solution version with metrics"); where it leaves a
choice open, the function says which one is taken. Each works on one user's ranked list and set of truths, so
that a metric is the mean over users.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

LIST_LENGTH = 25
"""Length of the recommended lists that coverage and reciprocal rank look at."""

CUTS = (5, 10, 25)


def hits(ranked: Sequence[int] | NDArray, truth: Iterable[int]) -> NDArray[np.bool_]:
    """Which places of the ranked list (best first) hold an item that the user really touched."""
    return np.isin(np.asarray(ranked), np.fromiter(truth, np.int64))


def reciprocal_rank(hit: NDArray[np.bool_], k: int = LIST_LENGTH) -> float:
    """1 / place of the best-placed hit within the first `k`, else 0."""
    places = np.flatnonzero(hit[:k])
    return 1.0 / (int(places[0]) + 1) if len(places) else 0.0


def precision(hit: NDArray[np.bool_], k: int) -> float:
    """Hits within the first `k`, divided by `k` (also when the list is shorter)."""
    return float(np.count_nonzero(hit[:k])) / k


def ndcg(hit: NDArray[np.bool_], truths: int, k: int) -> float:
    """Discounted cumulative gain with weight 1 / log2(1 + place), divided by that of a list that begins with
    the truths.

    The best possible list begins with min(k, truths) hits: what is missed lowers the value.
    """
    weights = 1.0 / np.log2(np.arange(2, k + 2))
    best = float(weights[: min(k, truths)].sum())
    return float(weights[: len(hit[:k])][hit[:k]].sum()) / best if best else 0.0


def ndcg_of_hits(hit: NDArray[np.bool_], k: int) -> float:
    """NDCG as the service reports it: divided by the gain of the same hits, had they all been placed first.

    The guide's example (hits at places 2 and 5: 0.6241) does not tell whether the ideal counts the hits found
    or the truths, but figures that the service printed do. For User-Personalization on a movie data set it
    reported precision .0750 at 5 and .0379 at 25, that is .375 and .948 hits per user, with NDCG .2279 at 5
    and .3321 at 25. Had those hits fallen to the users and places where they count most, an ideal made of
    each user's truths (the distinct items of the newest 10 % of events) would allow .180 and .281 at most.
    """
    return ndcg(hit, int(np.count_nonzero(hit[:k])), k)


def average_rewards(
    lists: Sequence[NDArray], truths: Sequence[Iterable[int]], rewards: NDArray, k: int = LIST_LENGTH
) -> float:
    """`average_rewards_at_k` of a solution with an optimization objective.

    Of each user the rewards of the recommended items that they really touched: those among the `k` items
    recommended with the highest rewards, as a share of all. The mean over users who touched any that is worth
    something. The guide wants a value above 0 and at most 1, so negative rewards are counted from the lowest
    one (a choice); 0.0 if nobody touched anything.
    """
    worth = np.asarray(rewards, np.float64) - min(float(np.min(rewards, initial=0.0)), 0.0)
    shares = []
    for ranked, truth in zip(lists, truths, strict=True):
        items = np.asarray(ranked)
        gained = np.where(hits(items, truth), worth[items], 0.0)
        richest = np.argsort(-worth[items], kind="stable")[:k]
        if gained.sum() > 0:
            shares.append(float(gained[richest].sum() / gained.sum()))
    return float(np.mean(shares)) if shares else 0.0


def weighted_ndcg(ranked: Sequence[int] | NDArray, worth: Mapping[int, float], k: int) -> float:
    """NDCG where a hit counts by its event's weight; `worth` is that weight over the mean weight, by item.

    As in `ndcg_of_hits`, the ideal is the same hits placed first, those that are worth most ahead.
    """
    gains = np.array([worth.get(int(item), 0.0) for item in ranked[:k]])
    discounts = 1.0 / np.log2(np.arange(2, len(gains) + 2))
    best = float(np.sort(gains)[::-1] @ discounts)
    return float(gains @ discounts) / best if best else 0.0


def summarize(lists: Sequence[NDArray], truths: Sequence[Iterable[int]], catalog: int) -> dict[str, float]:
    """The metrics of a solution version under their names in GetSolutionMetrics, rounded to four decimals.

    `lists` are item indexes, best first, at most 25 of each are looked at; `truths` the items that each user
    touched afterwards; `catalog` the number of distinct items in the datasets. Coverage is the share of the
    catalog that is in any user's list: the guide does not name a list length, 25 is a choice.
    """
    wanted = [set(map(int, truth)) for truth in truths]
    found = [hits(ranked[:LIST_LENGTH], truth) for ranked, truth in zip(lists, wanted, strict=True)]
    recommended = {int(item) for ranked in lists for item in ranked[:LIST_LENGTH]}

    def mean(values: Iterable[float]) -> float:
        collected = list(values)
        return round(float(np.mean(collected)), 4) if collected else 0.0

    result = {"coverage": round(len(recommended) / max(catalog, 1), 4)}
    result[f"mean_reciprocal_rank_at_{LIST_LENGTH}"] = mean(map(reciprocal_rank, found))
    for k in CUTS:
        result[f"normalized_discounted_cumulative_gain_at_{k}"] = mean(ndcg_of_hits(hit, k) for hit in found)
    for k in CUTS:
        result[f"precision_at_{k}"] = mean(precision(hit, k) for hit in found)
    return result
