"""The k best of a vector of scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAMPLE = 1 << 14
"""Scores looked at to guess a threshold; below four times as many the guess costs more than it saves."""


def top_k(scores: NDArray[np.floating], k: int) -> NDArray[np.int64]:
    """Indexes of the `k` highest scores, best first; equal scores in order of their index. Exact.

    Entries of -inf are never returned, so fewer than `k` may come back. NaN is treated as -inf.
    """
    if k <= 0 or not len(scores):
        return np.zeros(0, np.int64)
    candidates = _candidates(scores, k)
    values = scores if candidates is None else scores[candidates]
    if len(values) > k:
        # Everything at least as good as the k-th best, so that ties are settled by the index and not by
        # partition, which takes NaN for the highest.
        clean = values if not np.isnan(values.max()) else np.where(np.isnan(values), -np.inf, values)
        keep = np.flatnonzero(values >= np.partition(clean, len(clean) - k)[len(clean) - k])
        candidates, values = keep if candidates is None else candidates[keep], values[keep]
    places = np.arange(len(values)) if candidates is None else candidates
    shown = values > -np.inf  # false for NaN as well
    places, values = places[shown], values[shown]
    return places[np.argsort(-values, kind="stable")][:k]


def _candidates(scores: NDArray[np.floating], k: int) -> NDArray[np.int64] | None:
    """The indexes above a threshold that surely keeps the best `k`; None for short vectors: all of them."""
    if len(scores) >= 4 * SAMPLE:
        sample = scores[:: len(scores) // SAMPLE]
        # Twice the expected number of places, so that the sample's luck hardly ever matters; it is checked
        # anyway.
        place = len(sample) - 1 - min(2 * k * len(sample) // len(scores) + 16, len(sample) - 1)
        threshold = np.partition(sample, place)[place]
        found = np.flatnonzero(scores >= threshold)
        if len(found) >= k:
            return found
    return None
