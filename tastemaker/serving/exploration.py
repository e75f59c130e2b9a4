"""Exploration: new items get some places of an answer, to learn whether users want them.

Each place explores with the probability `share`. Thompson sampling decides which items are shown: an item's
probability of being taken is drawn from its Beta posterior, given how often it was shown and taken, and is
multiplied with the model's score (Chapelle, Li, "An Empirical Evaluation of Thompson Sampling", 2011; several
places per draw as in Komiyama, Honda, Nakagawa, "Optimal Regret Analysis of Thompson Sampling in Stochastic
Multi-armed Bandit Problem with Multiple Plays", 2015).

The prior is the catalog's rate of taken items among shown ones, with the weight of `PRIOR_IMPRESSIONS`: a new
item starts as an average one. A place is given to a new item only if its draw exceeds the posterior mean of
the item that would have had the place. So exploration ends by itself if no new item is better than what there
is; `python -m benchmarks.quality.exploration` shows the gain. If the bundle has no impressions, every place
that explores is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.masks import Mask
from tastemaker.models.scores import Scores
from tastemaker.models.topk import top_k
from tastemaker.serving.query import Query

DEFAULT_WEIGHT, DEFAULT_CUT_OFF_DAYS = 0.3, 30.0
"""Personalize's defaults of `itemExplorationConfig`."""
SECOND_GENERATION_SHARE = 0.001
"""The share of places that explore in second-generation recipes, which have no configuration."""
PRIOR_IMPRESSIONS = 5.0
"""The weight of the prior. It is small, so that a few dozen impressions decide about an item."""
MAX_CANDIDATES = 1000
"""New items with the highest scores that take part in the draw. This keeps large catalogs fast."""


def exploration_of(query: Query, seed: str) -> Exploration | None:
    """Return the exploration of a request; None if its recipe or configuration does not explore.

    Equal seeds explore equally.
    """
    endpoint = query.endpoint
    if endpoint.second_generation:
        share, days = SECOND_GENERATION_SHARE, DEFAULT_CUT_OFF_DAYS
    elif endpoint.recipe.exploration:
        share, days = settings(endpoint.config.get("itemExplorationConfig"))
    else:
        return None
    bundle = query.loaded.bundle
    latest = bundle.manifest.get("latestTimestamp")
    if not share or latest is None:
        return None
    return Exploration(
        share,
        days,
        bundle.item_created,
        min(latest, int(query.runtime.clock())),  # an event in the future must not make all items old
        Random(seed),
        taken=bundle.item_taken,
        shown=bundle.item_shown,
        rate=bundle.taken_rate,
    )


def settings(config: Mapping[str, str] | None) -> tuple[float, float]:
    """Return (share, days) of a valid `itemExplorationConfig`. The weight is the share."""
    given = config or {}
    weight = float(given.get("explorationWeight", DEFAULT_WEIGHT))
    return weight, float(given.get("explorationItemAgeCutOff", DEFAULT_CUT_OFF_DAYS))


@dataclass(frozen=True)
class Exploration:
    """Which items are new, and what is known about them.

    `share` is from 0 to 1. `created` (int64[items]) and `latest`, the time of the newest interaction in the
    data, are in seconds. Items that are less than `days` older than `latest` are new. `shown` and `taken` are
    int[items]. `rate` is the share of shown items that are taken (`taken_rate`). Without a rate, all items
    have the same posterior, and every place is given.
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
        """Return the new items that get some of `places`, highest score first.

        `best` are the items that would have all places; they are not explored.
        """
        exploring = sum(self.rng.random() < self.share for _ in range(places))
        if not exploring:
            return []
        new = self.created > int(self.latest - self.days * DAY_SECONDS)
        new[best] = False
        among = Mask.of(new) if allowed is None else Mask.of(new) & allowed
        items = scores.top(max(MAX_CANDIDATES, exploring), among)
        if not len(items):
            return []
        values = scores.of(items)
        draw = np.random.default_rng(self.rng.getrandbits(64))
        if self.rate is None:
            drawn = top_k(values + np.log(_positive(draw.beta(1.0, 1.0, len(items)))), exploring)
        else:
            taken, ignored = self._counts(items)
            prior = PRIOR_IMPRESSIONS
            rates = draw.beta(self.rate * prior + taken, (1.0 - self.rate) * prior + ignored)
            drawn = top_k(values + np.log(_positive(rates)), exploring)
            replaced = self._mean_rates(np.asarray(best[::-1][: len(drawn)], np.int64))
            drawn = drawn[rates[drawn] > (replaced if len(replaced) == len(drawn) else self.rate)]
        best_first: list[int] = items[drawn[np.argsort(-values[drawn], kind="stable")]].tolist()
        return best_first

    def _counts(self, items: NDArray[np.int64]) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        """Return how often items were taken, and how often they were shown and ignored.

        An interaction without an impression (from a search, for example) does not count as ignored.
        """
        assert self.taken is not None and self.shown is not None
        taken = self.taken[items]
        return taken, np.maximum(self.shown[items] - taken, 0)

    def _mean_rates(self, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the mean of each item's posterior."""
        assert self.rate is not None
        taken, ignored = self._counts(items)
        return (self.rate * PRIOR_IMPRESSIONS + taken) / (PRIOR_IMPRESSIONS + taken + ignored)


def _positive(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(rates, np.finfo(np.float64).tiny)
