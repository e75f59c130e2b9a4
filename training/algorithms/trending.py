"""Counts of the newest time windows, and how well such counts predict the next window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.metrics import LIST_LENGTH
from tastemaker.models.topk import top_k
from tastemaker.models.trending import growth
from training.data.prepared import Sequences

SECONDS = {"30 minutes": 1800, "1 hour": 3600, "2 hours": 7200, "3 hours": 10_800, "1 day": 86_400}
Predictor = Callable[[NDArray[np.integer], NDArray[np.integer]], NDArray[Any]]
"""The scores of all items, from the counts of a window and of the one before it."""

TESTED = 50
"""The number of pairs of windows that the accuracy is averaged over. A single pair is mostly chance."""


def counts(sequences: Sequences, items: int, end: int, window: int) -> NDArray[np.int32]:
    """The events of each item after `end - window` up to `end`: int32[items]."""
    inside = (sequences.times > end - window) & (sequences.times <= end)
    return np.bincount(sequences.items[inside], minlength=items).astype(np.int32)


def accuracy(sequences: Sequences, items: int, window: int, predict: Predictor = growth) -> float:
    """Trend prediction accuracy: the growth of the 25 predicted items, relative to the best 25.

    It is from 0 to 1. Each window is predicted from the two before it by the scores of `predict`. Growth is
    the difference of counts.
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
        predicted = predict(current, earlier)
        picks = top_k(np.where(predicted > 0, predicted, -np.inf), LIST_LENGTH)
        reached += float(came[picks].sum())
        possible += float(np.maximum(np.sort(came)[-LIST_LENGTH:], 0).sum())
    return max(0.0, min(1.0, reached / possible)) if possible else 0.0
