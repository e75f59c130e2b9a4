"""Similar items: one sparse row of neighbors per item, followed by popular items."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.base import Model
from tastemaker.models.bundle import Bundle
from tastemaker.models.sparse import SparseRows

FILLER_OFFSET = 100.0
"""Subtracted from the popularity of items that fill up a list, so that they never precede a neighbor."""


class SimilarModel(Model):
    """The model of Similar-Items, SIMS and Frequently bought together. Scores are logarithms of weights."""

    model_name = "similar"
    needs_item = True
    prefers_live_items = True

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self.neighbors = SparseRows.open(bundle.path / "model", "neighbours")

    def score_item(self, item_index: int) -> NDArray[np.float32]:
        """Neighbors first, then popular items, and the item itself last.

        For an unknown item, popular items only.
        """
        users = self.bundle.item_users.astype(np.float32)
        scores: NDArray[np.float32] = np.log((users + 0.5) / (users.sum() + 1.0)) - np.float32(FILLER_OFFSET)
        if item_index >= 0:
            columns, values = self.neighbors.row(item_index)
            scores[columns] = np.log(values)
            scores[item_index] = -2 * FILLER_OFFSET
        return scores
