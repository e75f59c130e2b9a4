"""The parts that a sequence model's score is blended from, each a vector over the catalog on a comparable
scale.

encoder      log-softmax of the transformer's logits
transitions  what followed the user's newest items in others' histories: log of a distribution
linear       a linear item-to-item model on the user's recency-weighted history, standardized
repeat       the user's own items, newer ones more: log of a distribution
seen         1 for the user's own items, 0 for others; its weight may be negative: whether people repeat
popularity   log of the popularity distribution
objective    the attribute that lists are to be rich in, standardized over the catalog at training

A distribution gets a floor before the logarithm, so that an item that a part says nothing about is unlikely,
not impossible.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.sparse import SparseRows

Array = NDArray[np.float32]
FLOOR = 1e-5
REPEAT_FLOOR = 1e-3
"""A history has few items, so that a floor as low as for transitions would make every repeat outrank
everything.
"""
REACH = 14
"""Events older than this many half-lives are not read: they would weigh less than 1 / 10,000."""


def recency(length: int, half_life: float) -> Array:
    """Weights of a history's events, oldest first: halved every `half_life` events into the past."""
    return (0.5 ** (np.arange(length - 1, -1, -1) / half_life)).astype(np.float32)


def newest(items: NDArray[np.integer], half_life: float) -> tuple[NDArray[np.integer], Array]:
    """The events that still count at this half-life, and their weights."""
    items = items[-max(int(REACH * half_life), 1) :]
    return items, recency(len(items), half_life)


def newest_once(items: NDArray[np.integer], half_life: float) -> tuple[NDArray[np.integer], Array]:
    """The same, of each item its newest event only."""
    items, weights = newest(items, half_life)
    _, last = np.unique(items[::-1], return_index=True)
    places = len(items) - 1 - last
    return items[places], weights[places]


def log_softmax(logits: Array) -> Array:
    """Logarithm of the softmax over the last axis."""
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def log_distribution(weights: Array, floor: float = FLOOR) -> Array:
    """Logarithm of weights that are made to sum to 1, with a floor; all equal if there is no weight at
    all.
    """
    total = float(weights.sum())
    return np.log(weights / (total or 1.0) + floor).astype(np.float32)


def standardized(values: Array) -> Array:
    """Mean 0 and standard deviation 1; zeros if all are equal."""
    spread = float(values.std())
    return ((values - values.mean()) / (spread or 1.0)).astype(np.float32)


def transitions(rows: SparseRows, items: NDArray[np.integer], half_life: float) -> Array:
    """What followed the newest items in others' histories."""
    return log_distribution(rows.sum(*newest(items, half_life)))


def linear(rows: SparseRows, items: NDArray[np.integer], half_life: float) -> Array:
    """A linear model (`rows` is item by item) on the recency-weighted history; an item counts once, at
    its newest.
    """
    return standardized(rows.sum(*newest_once(items, half_life)))


def repeat(n_items: int, items: NDArray[np.integer], half_life: float) -> Array:
    """The user's own items, counted with recency."""
    items, weights = newest(items, half_life)
    counts = np.bincount(items, weights, n_items).astype(np.float32)
    return log_distribution(counts, REPEAT_FLOOR)


def objective(values: NDArray[np.float64], mean: float, deviation: float) -> Array:
    """How far an attribute of each item lies above `mean`, in units of `deviation`; 0 where it is unknown."""
    return np.nan_to_num((values - mean) / deviation).astype(np.float32)


def seen(n_items: int, items: NDArray[np.integer]) -> Array:
    """1 for items of the history, 0 for others."""
    result = np.zeros(n_items, np.float32)
    result[items] = 1.0
    return result


def events_of(
    part: str, items: NDArray[np.integer], half_life: float
) -> tuple[NDArray[np.integer], NDArray[np.floating]]:
    """The events that a sparse part reads of a history, and their weights."""
    if part == "seen":
        return items, np.ones(len(items), np.float32)
    return (newest_once if part == "linear" else newest)(items, half_life)


def above_all_others(part: str, sums: NDArray[np.number], n_items: int) -> NDArray[np.float64]:
    """What a sparse part gives items more than it gives all those that its sums have no entry for.

    `sums` is what was added up for the items that have an entry: the functions above on a whole catalog,
    less their value at 0. An item there may have a sum of 0.
    """
    if part == "seen":
        return (sums > 0).astype(np.float64)
    if part == "linear":
        mean = sums.sum() / n_items
        spread = max(float((sums * sums).sum()) / n_items - mean * mean, 0.0) ** 0.5
        return sums.astype(np.float64) / (spread or 1.0)
    floor = REPEAT_FLOOR if part == "repeat" else FLOOR
    return np.log1p(sums.astype(np.float64) / ((float(sums.sum()) or 1.0) * floor))
