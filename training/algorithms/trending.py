"""Counts of the newest windows of time, and how well such counts foretold the window after them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tastemaker.metrics import LIST_LENGTH
from tastemaker.models.topk import top_k
from tastemaker.models.trending import growth
from training.data.prepared import Sequences

SECONDS = {"30 minutes": 1800, "1 hour": 3600, "2 hours": 7200, "3 hours": 10_800, "1 day": 86_400}
Foretell = Callable[[NDArray[np.integer], NDArray[np.integer]], NDArray]
"""From the counts of a window and of the one before it, scores of all items."""

TESTED = 50
"""Pairs of windows that the accuracy is averaged over, the newest ones: a single pair is mostly luck."""


def counts(sequences: Sequences, items: int, end: int, window: int) -> NDArray[np.int32]:
    """int32[items]: events after `end - window` up to `end`."""
    inside = (sequences.times > end - window) & (sequences.times <= end)
    return np.bincount(sequences.items[inside], minlength=items).astype(np.int32)


def accuracy(sequences: Sequences, items: int, window: int, foretell: Foretell = growth) -> float:
    """Trend prediction accuracy: how much of the growth that the 25 most growing items had did the 25
    recommended ones have?

    From 0 to 1. Each window is foretold from the two before it, by the scores that `foretell` gives; growth
    is the difference of counts.
    """
    if not len(sequences.times):
        return 0.0
    end, reached, possible = int(sequences.times.max()), 0.0, 0.0
    for step in range(TESTED):
        now = end - step * window
        if now - 3 * window < int(sequences.times.min()):
            break
        later, current, earlier = (counts(sequences, items, now - back * window, window) for back in range(3))
        came = later.astype(np.int64) - current
        foretold = foretell(current, earlier)
        picks = top_k(np.where(foretold > 0, foretold, -np.inf), LIST_LENGTH)
        reached += float(came[picks].sum())
        possible += float(np.maximum(np.sort(came)[-LIST_LENGTH:], 0).sum())
    return max(0.0, min(1.0, reached / possible)) if possible else 0.0
