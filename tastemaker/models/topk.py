"""The k best of a vector of scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCKS = 4
"""The blocks for each of the k best: so many that two of the best are rarely in one block."""
BLOCK_SIZE = 256
"""The most scores of a block, so that a long vector has long rows of blocks, which are read fast."""


def top_k(scores: NDArray[np.number], k: int) -> NDArray[np.int64]:
    """Return the indexes of the `k` highest scores, best first, equal scores in order of their index.

    The result is exact. Entries of -inf or NaN are never returned, so that there may be fewer than `k`.
    """
    if k <= 0 or not len(scores):
        return np.zeros(0, np.int64)
    least = _at_most_the_kth(scores, k)
    # Keep everything that is as good, so that the index decides between equal scores. NaN never is.
    indexes = np.flatnonzero(scores >= least if least > -np.inf else scores > -np.inf)
    values = scores[indexes]
    if len(values) > 2 * k:
        kept = values >= np.partition(values, len(values) - k)[len(values) - k]
        indexes, values = indexes[kept], values[kept]
    return indexes[np.argsort(-values, kind="stable")][:k]


def _at_most_the_kth(scores: NDArray[np.number], k: int) -> float:
    """Return a score that at least `k` scores reach, and not many more; -inf if there are fewer than `k`.

    It is the k-th best of the maxima of blocks. Each block takes every n-th score, for n blocks.
    """
    blocks = max(BLOCKS * k, len(scores) // BLOCK_SIZE)
    rows = len(scores) // blocks
    if rows < 2:
        return -np.inf
    highest = np.fmax.reduce(scores[: rows * blocks].reshape(rows, blocks))
    if (missing := np.isnan(highest)).any():  # a block of nothing but NaN
        highest[missing] = -np.inf
    return float(np.partition(highest, blocks - k)[blocks - k])
