"""Items whose texts have a similar meaning, optionally influenced by popularity and freshness."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import open_array
from tastemaker.models.base import Model
from tastemaker.models.bundle import Bundle


class SemanticModel(Model):
    """The Semantic-Similarity model: cosines of text vectors. Popularity and freshness are as of training."""

    model_name = "semantic"
    needs_item = True

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self.vectors = open_array(bundle.path / "model" / "vectors.npy")
        users = np.log1p(bundle.item_users.astype(np.float32))
        most = np.float32(max(float(users.max(initial=0.0)), 1.0))
        self._popular: NDArray[np.float32] = (users / most).astype(np.float32)
        created = bundle.item_created.astype(np.float64)
        first, last = float(created.min(initial=0.0)), float(created.max(initial=0.0))
        if len(created):
            first = float(np.quantile(created, 0.05))  # so that one item of 1970 makes no other item fresh
        self._fresh = np.clip((created - first) / max(last - first, 1.0), 0.0, 1.0).astype(np.float32)

    def score_item(self, item_index: int) -> NDArray[np.float32]:
        """Cosines, the item itself last. For an unknown item or one without text, popularity."""
        return self.influenced(item_index, {})

    def influenced(self, item_index: int, influence: Mapping[str, float]) -> NDArray[np.float32]:
        """Cosines plus the influence of popularity and freshness.

        `influence` holds POPULARITY and FRESHNESS, each from 0 to 1. Each is multiplied with how popular or
        new the item is, relative to the most popular or newest.
        """
        if item_index < 0 or not np.any(self.vectors[item_index]):
            return self._popular
        scores: NDArray[np.float32] = self.vectors @ self.vectors[item_index]
        scores += np.float32(influence.get("POPULARITY", 0.0)) * self._popular
        scores += np.float32(influence.get("FRESHNESS", 0.0)) * self._fresh
        scores[item_index] = -4.0
        return scores
