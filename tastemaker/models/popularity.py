"""The same list for everybody: the items with the most distinct users."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.base import Model
from tastemaker.models.bundle import History


class PopularityModel(Model):
    """The Popularity-Count model: the logarithm of the number of distinct users, plus one."""

    model_name = "popularity"

    def score_user(
        self, history: History, *, now: int, context: Mapping[str, str] | None = None, user_index: int = -1
    ) -> NDArray[np.float32]:
        """The same scores for every user and time."""
        return np.log1p(self.bundle.item_users.astype(np.float32))

    def score_item(self, item_index: int) -> NDArray[np.float32]:
        """The same scores for every item."""
        return np.log1p(self.bundle.item_users.astype(np.float32))
