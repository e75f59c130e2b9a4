"""Similar-Items, SIMS, and the domain use cases about an item."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.similar import SimilarModel
from tastemaker.recipes import by_name
from training.algorithms import content, likeness, newness, similar
from training.config import Config, Search
from training.data import bulk
from training.data.baskets import baskets
from training.data.creations import told_creations
from training.data.prepared import Prepared, Sequences
from training.data.split import Cases, validation_cases, without
from training.output import evaluate
from training.output.bundle_writer import Fitted
from training.pipelines.base import Pipeline, fitted_model
from training.progress import StopSignal, log
from training.text.item_vectors import ItemTexts
from training.tuning import search as tuning
from training.tuning import settings
from training.tuning.objective import gains, truths

DISCOUNT, MINIMUM = "popularity_discount_factor", "min_cointeraction_count"
MIN_CASES = 600
"""The least number of validation users, if there are five times as many, and of questions that they ask."""

MAX_WITHHELD = 0.2
"""The largest share of users that are withheld: with fewer users in common, other weighings are best."""

MAX_PLACES = 5
"""The most places of a history at which a validation user asks what comes next."""

MAX_EVENTS = 2_000_000
"""The most events that a weighing is chosen on."""

QUESTIONS_PER_USER = 4
MAX_WANTED = 10


class SimilarPipeline(Pipeline):
    """The pipeline of Similar-Items, SIMS, and the domain use cases about an item.

    `tune` chooses how pairs are weighted, by how well an item's list predicts what comes next. `fit` counts
    pairs on the given data, and makes rows for cold items from attributes and texts.
    """

    model_name = "similar"

    def __init__(self, config: Config, checkpoints: Path | None, stop: StopSignal) -> None:
        super().__init__(config, checkpoints, stop)
        self.with_content = "ITEMS" in by_name(config.recipe).trains_on
        self.texts = ItemTexts(config, checkpoints, stop)
        self.weighing, self.mixture = similar.Weighing(), content.Mixture()
        self.weights: NDArray[np.float32] | None = None

    def tune(self, prepared: Prepared) -> None:
        """Choose the weighing, and search the hyperparameters that the solution wants searched."""
        some = prepared.with_sequences(some_users(prepared.sequences, self.config.seed))
        users = int(np.count_nonzero(some.sequences.lengths > 1))
        cases = _withheld(validation_cases(some.sequences, self.config.seed), users, self.config.seed)
        training = some.with_sequences(without(some.sequences, cases, whole=True))
        self._weigh(training, some, cases)
        search = tuning.mapped(self.config.search, {DISCOUNT, MINIMUM})
        if search:
            self._search(search, training, some, cases)

    def _weigh(self, training: Prepared, some: Prepared, cases: Cases) -> None:
        """Choose by what follows the last shown item of each case."""
        if not len(cases):
            return
        filtered = self._filtered(training)
        asked, wanted = _questions(some.sequences, cases)
        if not asked:
            return
        alike = self._resemblance(training, filtered)
        in_bulk = alike is not None and bulk.is_bulk(some.sequences)
        counted = similar.count(filtered, len(some.items), nearness=not in_bulk, minimum=self._minimum())
        powers = (self._power(),) if DISCOUNT in self.config.given else similar.POWERS
        users = similar.ONLY_USERS if in_bulk else similar.USERS
        self.weighing, reached = similar.choose(
            counted, asked, wanted, users=users, powers=powers, specific=in_bulk
        )
        each = self.weighing.users
        common = "only users in common" if np.isinf(each) else f"a user in common as {each:g} near events"
        log(
            f"similar items: {common}, expected number to the power {self.weighing.power:g}: "
            f"{reached:.4f} on {len(asked):,} questions of {len(cases):,} validation users"
        )
        if alike is not None:
            rows = counted.rows(self.weighing)
            self.mixture = content.choose(rows, alike, asked, wanted)
            if in_bulk:
                log("users enter items in bulk: likeness is judged by other items of a user, not by the next")
                asked, wanted = _other_items(some.sequences, cases, counted.users, self.config.seed)
            like = likeness.Likeness(some.item_space, some.item_features, alike.all_texts)
            self.weights = likeness.choose(rows, like, alike, asked, wanted, in_order=not in_bulk)

    def _search(self, search: Search, training: Prepared, some: Prepared, cases: Cases) -> None:
        given, wanted = self.config, truths(some.sequences, cases)

        def reached(values: Mapping[str, str], number: int) -> float:
            self.config = given.with_hyperparameters(values)
            with fitted_model(self.fit(training), training, self.config) as model:
                return float(gains(evaluate.lists(evaluate.scorer(model, some), some, cases), wanted).mean())

        _, best = tuning.run(
            search,
            given.hyperparameters,
            reached,
            seconds=given.budget_seconds,
            seed=given.seed,
            journal=self.checkpoints / "tuning.json" if self.checkpoints else None,
            stop=self.stop,
        )
        self.config = given.with_hyperparameters(best.values)
        self.tuned = {name: self._in_force(name) for name in search.names}

    def _in_force(self, name: str) -> str:
        """The value of a hyperparameter. If the data decided, it is the nearest possible value."""
        if name in self.config.given:
            return self.config.hyperparameters[name]
        return "0" if name == MINIMUM else f"{similar.discount(self.weighing.power):g}"

    def fit(self, prepared: Prepared) -> Fitted:
        """Find the neighbors of every item. Raises TextModelError."""
        weighing = self.weighing
        if DISCOUNT in self.config.given:
            weighing = weighing._replace(power=self._power())
        filtered = self._filtered(prepared)
        nearness = np.isfinite(weighing.users)
        counted = similar.count(filtered, len(prepared.items), nearness=nearness, minimum=self._minimum())
        rows = counted.rows(weighing)
        metadata: dict[str, Any] = {"weighing": weighing._asdict() | {"users": _finite(weighing.users)}}
        alike = self._resemblance(prepared, filtered)
        if alike is not None:
            interactions = _interactions(filtered, prepared)
            rows = content.fit(rows, alike, self.mixture, interactions)
            like = likeness.Likeness(prepared.item_space, prepared.item_features, alike.all_texts)
            if self.weights is not None:
                like.weights = self.weights
            told = told_creations(prepared.item_columns)
            new = newness.new_items(filtered, prepared.item_created, told, prepared.latest)
            rows = likeness.fit(rows, like, alike, interactions, new)
            metadata |= {
                "mixture": self.mixture._asdict(),
                "likeness": dict(zip(like.names, like.weights.tolist(), strict=True)),
                "texts": self.texts.metadata,
            }
        arrays = {}
        if by_name(self.config.recipe).themes and self.texts:
            # Themes are scored by these vectors. Half the precision is enough for cosines.
            arrays["text_vectors"] = self.texts.vectors(prepared).astype(np.float16)
        return Fitted(SimilarModel, metadata, arrays, rows={"neighbours": rows})

    def _resemblance(self, prepared: Prepared, filtered: Sequences) -> content.Resemblance | None:
        """The similarity by content, if the recipe trains on items. Raises TextModelError."""
        if not self.with_content:
            return None
        texts = self.texts.vectors(prepared) if self.texts else None
        return content.resemblance(prepared.item_features, texts, _interactions(filtered, prepared))

    def _power(self) -> float:
        return similar.power(self.config.number(DISCOUNT, 0.0))

    def _minimum(self) -> float:
        """The minimum of the solution. The recipe's default belongs to the service's own model."""
        return self.config.number(MINIMUM, 0.0) if MINIMUM in self.config.given else 0.0

    def _filtered(self, prepared: Prepared) -> Sequences:
        filtered = settings.filter_by_history_length(self.config, prepared.sequences)
        return settings.filter_by_interaction_count(self.config, filtered)


def _withheld(cases: Cases, users: int, seed: int) -> Cases:
    """A tenth of the validation users, or `MIN_CASES` of them, but at most `MAX_WITHHELD` of all users.

    They are withheld whole. Otherwise the pairs of their own older events would predict what they do next.
    """
    count = min(max(len(cases) // 10, MIN_CASES), len(cases), max(int(users * MAX_WITHHELD), 1))
    take = np.sort(np.random.default_rng([seed, 10]).permutation(len(cases))[:count])
    return Cases(cases.users[take], cases.shown[take])


def _questions(sequences: Sequences, cases: Cases) -> tuple[list[int], list[NDArray[np.integer]]]:
    """The last item that each case shows, and the withheld items other than that, soonest first.

    If there are few cases, each asks at earlier places of its history, too.
    """
    places = min(MAX_PLACES, -(-MIN_CASES // max(len(cases), 1)))
    asked, wanted = [], []
    for user, shown, truth in zip(cases.users, cases.shown, truths(sequences, cases), strict=True):
        items = sequences.history(int(user)).items
        for cut in np.unique(np.linspace(0, int(shown), places + 1).astype(int)[1:]):
            soon = items[cut : cut + len(truth)]
            others = soon[soon != items[cut - 1]] if cut else soon[:0]
            if len(others):
                asked.append(int(items[cut - 1]))
                wanted.append(others)
    return asked, wanted


def _other_items(
    sequences: Sequences, cases: Cases, users: NDArray[np.integer], seed: int
) -> tuple[list[int], list[NDArray[np.integer]]]:
    """Random items of each case's user, and other items of the same user, from another sitting if possible.

    An item is wanted with a probability of 1 over its number of `users`, because a site shows popular items
    more often. Popularity as the propensity to be shown follows Yang et al., "Unbiased offline recommender
    evaluation for missing-not-at-random implicit feedback" (2018).
    """
    rng, sitting = np.random.default_rng([seed, 15]), baskets(sequences)
    asked, wanted = [], []
    for user in cases.users:
        mine = slice(int(sequences.offsets[user]), int(sequences.offsets[user + 1]))
        items, there = sequences.items[mine], sitting[mine]
        for place in rng.permutation(len(items))[:QUESTIONS_PER_USER]:
            apart = there != there[place]
            others = np.setdiff1d(items[apart] if apart.any() else items, items[place])
            others = others[users[others] >= content.COLD]
            if len(others):
                chance = 1.0 / users[others]
                count = min(MAX_WANTED, len(others))
                asked.append(int(items[place]))
                wanted.append(rng.choice(others, count, replace=False, p=chance / chance.sum()))
    return asked, wanted


def _interactions(sequences: Sequences, prepared: Prepared) -> NDArray[np.integer]:
    return np.bincount(sequences.items, minlength=len(prepared.items))


def _finite(number: float) -> float | None:
    """The number, or None for infinity, which JSON lacks."""
    return number if np.isfinite(number) else None


def some_users(sequences: Sequences, seed: int, most: int = MAX_EVENTS) -> Sequences:
    """The events of as many users as have `most` events."""
    if len(sequences.items) <= most:
        return sequences
    order = np.random.default_rng([seed, 3]).permutation(sequences.users)
    chosen = order[np.cumsum(sequences.lengths[order]) <= most]
    ends = np.zeros(sequences.users, np.int64)
    ends[chosen] = sequences.lengths[chosen]
    return sequences.truncated(ends)
