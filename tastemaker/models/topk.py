"""The k best of a vector of scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAMPLE_SIZE = 1 << 14
"""Scores that are sampled to estimate a threshold. Below four times as many, the estimate costs more
time than it saves.
"""


def top_k(scores: NDArray[np.floating], k: int) -> NDArray[np.int64]:
    """Return the indexes of the `k` highest scores, best first, equal scores in order of their index.

    The result is exact. Entries of -inf or NaN are never returned, so that there may be fewer than `k`.
    """
    if k <= 0 or not len(scores):
        return np.zeros(0, np.int64)
    candidates = _candidates(scores, k)
    values = scores if candidates is None else scores[candidates]
    if len(values) > k:
        # Keep everything at least as good as the k-th best, so that the index decides between equal scores.
        # `partition` treats NaN as the highest value, so replace it first.
        clean = values if not np.isnan(values.max()) else np.where(np.isnan(values), -np.inf, values)
        keep = np.flatnonzero(values >= np.partition(clean, len(clean) - k)[len(clean) - k])
        candidates, values = keep if candidates is None else candidates[keep], values[keep]
    indexes = np.arange(len(values)) if candidates is None else candidates
    valid = values > -np.inf  # false for NaN as well
    indexes, values = indexes[valid], values[valid]
    return indexes[np.argsort(-values, kind="stable")][:k]


def _candidates(scores: NDArray[np.floating], k: int) -> NDArray[np.int64] | None:
    """Return indexes that contain the best `k`; None for a short vector or if the estimate is too high."""
    if len(scores) >= 4 * SAMPLE_SIZE:
        sample = scores[:: len(scores) // SAMPLE_SIZE]
        # Twice the expected rank, so that the threshold is rarely too high. The result is checked.
        rank = len(sample) - 1 - min(2 * k * len(sample) // len(scores) + 16, len(sample) - 1)
        threshold = np.partition(sample, rank)[rank]
        found = np.flatnonzero(scores >= threshold)
        if len(found) >= k:
            return found
    return None
