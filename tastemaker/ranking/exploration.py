"""New items get some places of an answer, so that what people think of them is found out.

Each place explores with the probability `share`. Which items are tried is settled by Thompson sampling: an
item's chance to please is drawn from its Beta posterior given how often it was shown and taken, and weighs
the model's own score of it (Chapelle, Li, "An Empirical Evaluation of Thompson Sampling", 2011; several
places per draw as in Komiyama, Honda, Nakagawa, "Optimal Regret Analysis of Thompson Sampling in
Stochastic Multi-armed Bandit Problem with Multiple Plays", 2015). An item that was often shown and ignored
draws low, one that nobody saw draws anything from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.scores import Mask, Scores
from tastemaker.ranking.topk import top_k

WEIGHT, CUT_OFF_DAYS = 0.3, 30.0
"""What `itemExplorationConfig` leaves out."""
SECOND_GENERATION_SHARE = 0.001
"""The share of places that explore for the second generation, which has no configuration."""
MOST_DRAWN = 1000
"""The new items with the highest scores for which chance is asked: keeps large catalogues quick."""

_DAY = 86_400


@dataclass(frozen=True)
class Exploration:
    """Which items are new, and what is known of them.

    `share` is from 0 to 1. `created` int64[items] and `latest`, the newest interaction in the data, are in
    seconds; items less than `days` older than that are new. `shown` and `taken` are int[items]; without
    `shown` there is no rate to learn from, so that every item draws from the even prior.
    """

    share: float
    days: float
    created: NDArray[np.int64]
    latest: int
    rng: Random
    taken: NDArray[np.integer] | None = None
    shown: NDArray[np.integer] | None = None

    def choose(
        self, scores: Scores, best: Sequence[int], places: int, allowed: Mask | None = None
    ) -> list[int]:
        """The new items that get some of `places`, highest score first; `best` would have had them all.

        Items of `best` need no exploring, those that the mask holds back may not be shown.
        """
        tried = sum(self.rng.random() < self.share for _ in range(places))
        if not tried:
            return []
        new = self.created > int(self.latest - self.days * _DAY)
        new[best] = False
        items = scores.top(max(MOST_DRAWN, tried), new if allowed is None else new & allowed)
        if not len(items):
            return []
        values = scores.of(items)
        drawn = top_k(values + np.log(self._chances(items)), tried)
        return items[drawn[np.argsort(-values[drawn], kind="stable")]].tolist()

    def _chances(self, items: NDArray[np.int64]) -> NDArray[np.float64]:
        draw = np.random.default_rng(self.rng.getrandbits(64))
        taken = np.zeros(len(items)) if self.taken is None else self.taken[items]
        if self.shown is None:
            chances = draw.beta(1.0, 1.0, len(items))
        else:
            # Interactions that no showing led to (a search, say) make an item no worse.
            ignored = np.maximum(self.shown[items] - taken, 0)
            chances = draw.beta(1.0 + taken, 1.0 + ignored)
        return np.maximum(chances, np.finfo(np.float64).tiny)


def settings(config: Mapping[str, str] | None) -> tuple[float, float]:
    """(share, days) of a checked `itemExplorationConfig`: the weight is the share of places that explore."""
    given = config or {}
    weight = float(given.get("explorationWeight", WEIGHT))
    return weight, float(given.get("explorationItemAgeCutOff", CUT_OFF_DAYS))
