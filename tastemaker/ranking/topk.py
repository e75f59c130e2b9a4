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
    candidates = _candidates(scores, k)
    values = scores[candidates]
    candidates = candidates[values > -np.inf]  # false for NaN as well
    values = scores[candidates]
    if len(candidates) > k > 0:
        # Everything at least as good as the k-th best, so that ties are settled by the index and not by
        # partition.
        kth = np.partition(values, len(values) - k)[len(values) - k]
        keep = values >= kth
        candidates, values = candidates[keep], values[keep]
    order = np.argsort(-values, kind="stable")
    return candidates[order][: max(k, 0)]


def _candidates(scores: NDArray[np.floating], k: int) -> NDArray[np.int64]:
    """All indexes, or for long vectors those above a threshold that surely keeps the best `k`."""
    if len(scores) >= 4 * SAMPLE:
        sample = scores[:: len(scores) // SAMPLE]
        # Twice the expected number of places, so that the sample's luck hardly ever matters; it is checked
        # anyway.
        place = len(sample) - 1 - min(2 * k * len(sample) // len(scores) + 16, len(sample) - 1)
        threshold = np.partition(sample, place)[place]
        found = np.flatnonzero(scores >= threshold)
        if len(found) >= k:
            return found
    return np.arange(len(scores))
