"""New items get some places of an answer, so that what people think of them is found out.

Each place explores with the probability `share`. Which items are tried is settled by Thompson sampling: an
item's chance to please is drawn from its Beta posterior given how often it was shown and taken, and weighs
the model's own score of it (Chapelle, Li, "An Empirical Evaluation of Thompson Sampling", 2011; several
places per draw as in Komiyama, Honda, Nakagawa, "Optimal Regret Analysis of Thompson Sampling in
Stochastic Multi-armed Bandit Problem with Multiple Plays", 2015).

The prior is the catalog's own rate of items taken when shown, worth `PRIOR` showings: a new item is as good
as any until it was seen. And a place is given only to an item whose draw is above the rate that the item
which would have had it is known for, so that exploring ends by itself where no new item is better than what
there is: `python -m benchmarks.quality.exploration` shows what that saves. Where nothing is known of
showings, every
place that explores is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.scores import Mask, Scores
from tastemaker.models.topk import top_k

WEIGHT, CUT_OFF_DAYS = 0.3, 30.0
"""What `itemExplorationConfig` leaves out."""
SECOND_GENERATION_SHARE = 0.001
"""The share of places that explore for the second generation, which has no configuration."""
PRIOR = 5.0
"""Showings that the catalog's rate counts for: few, so that some dozen showings settle what an item is."""
MOST_DRAWN = 1000
"""The new items with the highest scores for which chance is asked: keeps large catalogs quick."""

_DAY = 86_400


@dataclass(frozen=True)
class Exploration:
    """Which items are new, and what is known of them.

    `share` is from 0 to 1. `created` int64[items] and `latest`, the newest interaction in the data, are in
    seconds; items less than `days` older than that are new. `shown` and `taken` are int[items], and `rate` is
    how often what is shown is taken (`taken_rate`); without it there is nothing to learn from, so that every
    item draws alike and every place is given.
    """

    share: float
    days: float
    created: NDArray[np.int64]
    latest: int
    rng: Random
    taken: NDArray[np.integer] | None = None
    shown: NDArray[np.integer] | None = None
    rate: float | None = None

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
        draw = np.random.default_rng(self.rng.getrandbits(64))
        if self.rate is None:
            drawn = top_k(values + np.log(_positive(draw.beta(1.0, 1.0, len(items)))), tried)
        else:
            taken, ignored = self._known(items)
            chances = draw.beta(self.rate * PRIOR + taken, (1.0 - self.rate) * PRIOR + ignored)
            drawn = top_k(values + np.log(_positive(chances)), tried)
            usual = self._rates(np.asarray(best[::-1][: len(drawn)], np.int64))
            drawn = drawn[chances[drawn] > (usual if len(usual) == len(drawn) else self.rate)]
        return items[drawn[np.argsort(-values[drawn], kind="stable")]].tolist()

    def _known(self, items: NDArray[np.int64]) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        """How often items were taken, and shown without that. Interactions that no showing led to (a search,
        say) make an item no worse.
        """
        assert self.taken is not None and self.shown is not None
        taken = self.taken[items]
        return taken, np.maximum(self.shown[items] - taken, 0)

    def _rates(self, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """What items are known for: the mean of each one's posterior."""
        assert self.rate is not None
        taken, ignored = self._known(items)
        return (self.rate * PRIOR + taken) / (PRIOR + taken + ignored)


def _positive(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(chances, np.finfo(np.float64).tiny)


def settings(config: Mapping[str, str] | None) -> tuple[float, float]:
    """(share, days) of a checked `itemExplorationConfig`: the weight is the share of places that explore."""
    given = config or {}
    weight = float(given.get("explorationWeight", WEIGHT))
    return weight, float(given.get("explorationItemAgeCutOff", CUT_OFF_DAYS))
