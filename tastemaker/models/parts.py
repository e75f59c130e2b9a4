"""The parts of a sequence model's blend, each a vector over the catalog on a comparable scale.

    encoder      log-softmax of the transformer's logits
    transitions  what followed the user's newest items in other histories: log of a distribution
    linear       a linear item-to-item model on the recency-weighted history, standardized
    repeat       the user's own items, newer ones and items that users return to more: log of a distribution
    seen         1 for the user's own items, 0 for others; the weight may be negative
    popularity   log of the popularity distribution
    objective    the logarithm of the reward of the optimization objective
    context      log P(context of the request | item) - log P(context), summed over the context's columns

A distribution gets a floor before the logarithm, so that an item without any weight is unlikely, not
impossible.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.sparse import SparseRows, sums_of_runs

Array = NDArray[np.float32]
FLOOR = 1e-5
REPEAT_FLOOR = 1e-3
"""The floor for a user's own items. A history has few items.

With a floor as low as for transitions, every repeat would outrank everything else.
"""
MIN_REWARD = 0.1
"""The lowest reward of an item. The highest is 1, so that a list can prefer rich items only so far."""

REACH = 14
"""Events older than this many half-lives are not read: they would weigh less than 1 / 10,000."""


def recency(length: int, half_life: float) -> Array:
    """The weights of a history's events, oldest first, halved every `half_life` events into the past."""
    return (0.5 ** (np.arange(length - 1, -1, -1) / half_life)).astype(np.float32)


def newest(items: NDArray[np.integer], half_life: float) -> tuple[NDArray[np.integer], Array]:
    """The events that still count at this half-life, and their weights."""
    items = items[-max(int(REACH * half_life), 1) :]
    return items, recency(len(items), half_life)


def newest_once(items: NDArray[np.integer], half_life: float) -> tuple[NDArray[np.integer], Array]:
    """The same events and weights, but only the newest event of each item."""
    items, weights = newest(items, half_life)
    _, last = np.unique(items[::-1], return_index=True)
    places = len(items) - 1 - last
    return items[places], weights[places]


def log_softmax(logits: Array) -> Array:
    """The logarithm of the softmax over the last axis."""
    shifted: Array = logits - logits.max(-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(-1, keepdims=True))
    return shifted


def log_distribution(weights: Array, floor: float = FLOOR) -> Array:
    """The logarithm of weights that are scaled to sum to 1, with a floor.

    All values are equal if there is no weight at all.
    """
    total = float(weights.sum())
    shares: Array = np.log(weights / (total or 1.0) + floor).astype(np.float32)
    return shares


def standardized(values: Array) -> Array:
    """The values with mean 0 and standard deviation 1; zeros if all are equal."""
    spread = float(values.std())
    scaled: Array = ((values - values.mean()) / (spread or 1.0)).astype(np.float32)
    return scaled


def transitions(rows: SparseRows, items: NDArray[np.integer], half_life: float) -> Array:
    """What followed the newest items in other histories."""
    return log_distribution(rows.sum(*newest(items, half_life)))


def linear(rows: SparseRows, items: NDArray[np.integer], half_life: float) -> Array:
    """A linear model (`rows`, item by item) on the history, each item counted once at its newest event."""
    return standardized(rows.sum(*newest_once(items, half_life)))


def repeat(n_items: int, items: NDArray[np.integer], half_life: float, rates: Array | None = None) -> Array:
    """The user's own items, counted with recency, and by their return rates if these are given."""
    items, weights = newest(items, half_life)
    if rates is not None:
        weights *= rates[items]
    counts = np.bincount(items, weights, n_items).astype(np.float32)
    return log_distribution(counts, REPEAT_FLOOR)


def reward(values: NDArray[np.float64], low: float, high: float, unknown: float) -> Array:
    """The logarithm of a reward from `MIN_REWARD` at `low` to 1 at `high`; `unknown` for NaN.

    Values beyond the limits count as the limits.
    """
    shares = np.clip((values - low) / (high - low), 0.0, 1.0)
    logarithms = np.log(MIN_REWARD + (1.0 - MIN_REWARD) * shares)
    return np.where(np.isnan(values), unknown, logarithms).astype(np.float32)


def standardized_reward(values: NDArray[np.float64], mean: float, deviation: float) -> Array:
    """The reward in bundles of older releases: how far a value is above `mean`, in units of `deviation`."""
    return np.nan_to_num((values - mean) / deviation).astype(np.float32)


def seen(n_items: int, items: NDArray[np.integer]) -> Array:
    """1 for items of the history, 0 for others."""
    result = np.zeros(n_items, np.float32)
    result[items] = 1.0
    return result


def events_of(
    part: str, items: NDArray[np.integer], owners: NDArray[np.integer], ages: NDArray[np.integer], life: float
) -> tuple[NDArray[np.integer], NDArray[np.integer], Array]:
    """The events of several histories that a sparse part reads: their items, whose they are, and weights.

    `ages` says how many newer events the owner has. They are the events of `newest` and `newest_once` at the
    half-life `life`.
    """
    if part == "seen":
        return items, owners, np.ones(len(items), np.float32)
    reach = max(int(REACH * life), 1)
    if len(ages) and ages.max() >= reach:
        read = ages < reach
        items, owners, ages = items[read], owners[read], ages[read]
    if part == "linear":
        order = np.lexsort((ages, items, owners))
        items, owners, ages = items[order], owners[order], ages[order]
        once = np.ones(len(items), bool)
        once[1:] = (items[1:] != items[:-1]) | (owners[1:] != owners[:-1])
        items, owners, ages = items[once], owners[once], ages[once]
    longest = int(ages.max(initial=-1)) + 1
    return items, owners, recency(longest, life)[longest - 1 - ages]


def above_all_others(part: str, sums: Array, lengths: NDArray[np.int64], n_items: int) -> Array:
    """What a sparse part gives items beyond what it gives all items without an entry in its sums.

    `sums` are the summed weights of items, or 0, for several users: one run of items after the other for each
    user, as often as `lengths` (int64[times, users]) says. The result equals that of the functions above on a
    whole catalog, less their value at 0.
    """
    if part == "seen":
        return (sums > 0).astype(np.float32)
    totals = _of_users(sums, lengths)
    if part == "linear":
        # Nearly equal numbers are subtracted below, so they are float64.
        squares = _of_users(np.square(sums, dtype=np.float64), lengths)
        scales = np.sqrt(np.maximum(squares / n_items - (totals / n_items) ** 2, 0.0))
    else:
        scales = totals * (REPEAT_FLOOR if part == "repeat" else FLOOR)
    scales[scales == 0] = 1.0
    factors = np.concatenate([(1 / scales).astype(np.float32)] * len(lengths))
    scaled: Array = sums * np.repeat(factors, lengths.ravel())
    return scaled if part == "linear" else np.log1p(scaled, out=scaled)


def _of_users(values: NDArray[np.floating], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """The sum of each user's values."""
    sums: NDArray[np.float64] = sums_of_runs(values, lengths.ravel()).reshape(lengths.shape).sum(axis=0)
    return sums
