"""Trending items: those with more events in the newest window of time than in the one before it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import open_array
from tastemaker.models.base import Model
from tastemaker.models.bundle import Bundle, History
from tastemaker.models.similar import FILLER_OFFSET


def growth(current: NDArray[np.integer], previous: NDArray[np.integer]) -> NDArray[np.float32]:
    """The growth of each item between two windows, relative to chance: float32[items], 0 or more.

    Growth is measured in units of the counts' standard deviation. Counts of independent events vary by their
    square root: 3 after 1 is chance, 300 after 100 is a trend. The service says "fastest growth" and does not
    define how it is measured, so this is a choice.
    """
    difference = current.astype(np.float64) - previous
    return np.maximum(difference / np.sqrt(current + previous + 1.0), 0.0).astype(np.float32)


TIE = np.float32(1e-3)
"""What popularity counts beside growth: where windows are small, many items have the same counts."""


class TrendingModel(Model):
    """The Trending-Now model: growing items first, then popular ones.

    Items of equal growth are ordered by popularity, and so are all items if nothing grows. `refreshed` takes
    newer counts without training, because the windows' counts are the whole model.
    """

    model_name = "trending"

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self.window = int(bundle.manifest["model"]["windowSeconds"])
        folder = bundle.path / "model"
        self.refreshed(open_array(folder / "current.npy"), open_array(folder / "previous.npy"))

    def refreshed(self, current: NDArray[np.integer], previous: NDArray[np.integer]) -> None:
        """Take the counts, int32[items], of the newest window and of the one before it."""
        users = self.bundle.item_users.astype(np.float32)
        popularity = np.log((users + 0.5) / (users.sum() + 1.0))
        scores = popularity - np.float32(FILLER_OFFSET)
        grown = growth(current, previous)
        rising = grown > 0
        scores[rising] = np.log(grown[rising]) + TIE * popularity[rising]
        self._scores: NDArray[np.float32] = scores.astype(np.float32)

    def score_user(
        self, history: History, *, now: int, context: Mapping[str, str] | None = None, user_index: int = -1
    ) -> NDArray[np.float32]:
        """The same scores for everybody."""
        return self._scores
