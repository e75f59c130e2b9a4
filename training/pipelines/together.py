"""Frequently bought together: item pairs by baskets, beside what is known of the items otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.similar import SimilarModel
from training.algorithms import baskets
from training.config import Config
from training.data.prepared import Prepared, Sequences
from training.output.bundle_writer import Fitted
from training.pipelines.base import Measured, Pipeline
from training.pipelines.similar import SimilarPipeline, some_users
from training.progress import StopSignal, log

MAX_PURCHASES = 200_000
"""The most purchases that settings are chosen on."""

MAX_QUESTIONS = 1000
MIN_QUESTIONS = 300
"""The fewest questions about withheld baskets that the strength is chosen on."""


class TogetherPipeline(Pipeline):
    """Neighbors by baskets, served by the same model as Similar-Items.

    The recipe is trained on purchases. Most shops have many views for each purchase, and items that nobody
    bought with anything. The other neighbors of an item are therefore similar items, by events of all types
    and by attributes.
    """

    model_name = "together"

    def __init__(self, config: Config, checkpoints: Path | None, stop: StopSignal) -> None:
        super().__init__(config, checkpoints, stop)
        self.similar = SimilarPipeline(_about_items(config), None, stop)
        self.strength = baskets.STRENGTH
        self.newest: NDArray[np.int64] | None = None  # of each user's purchases, before any was withheld

    def measure(self, prepared: Prepared, stop: StopSignal) -> Measured:
        """The metrics of all recipes. Of users whose purchases are withheld, views are withheld too."""
        self.newest = newest_purchases(prepared)
        return super().measure(prepared, stop)

    def tune(self, prepared: Prepared) -> None:
        """Choose how similar items are found, and what they count beside baskets."""
        if self.newest is None:
            self.newest = newest_purchases(prepared)
        some = some_users(prepared.sequences, self.config.seed, MAX_PURCHASES)
        self.similar.tune(self._everything(prepared.with_sequences(some)))
        shown, questions = baskets.withhold(some, MAX_QUESTIONS, self.config.seed)
        if len(questions.asked) < MIN_QUESTIONS:
            log(f"bought together: {len(questions.asked)} questions about baskets are too few to choose by")
            return
        training = prepared.with_sequences(shown)
        counted = baskets.count(shown, len(prepared.items))
        others = self.similar.fit(self._everything(training)).rows["neighbours"]
        self.strength, reached = baskets.choose(counted, others, questions)
        log(
            f"bought together: the first similar item counts as {self.strength:g} baskets: "
            f"{reached:.4f} on {len(questions.asked):,} questions"
        )

    def fit(self, prepared: Prepared) -> Fitted:
        """The neighbors of every item."""
        others = self.similar.fit(self._everything(prepared)).rows["neighbours"]
        rows = baskets.count(prepared.sequences, len(prepared.items)).rows(others, self.strength)
        return Fitted(SimilarModel, {"strength": self.strength}, rows={"neighbours": rows})

    def _everything(self, prepared: Prepared) -> Prepared:
        return all_events(prepared, newest_purchases(prepared) if self.newest is None else self.newest)


def all_events(prepared: Prepared, newest: NDArray[np.int64]) -> Prepared:
    """The data with events of all types, as far as no purchase is withheld.

    `newest` is each user's newest purchase before any was withheld. A user who lacks it has events up to the
    newest one that is left.
    """
    histories, left = prepared.histories, newest_purchases(prepared)
    owners = np.repeat(np.arange(len(histories)), np.diff(histories.offsets))
    events = Sequences(
        histories.offsets,
        histories.items,
        histories.timestamps,
        histories.event_types,
        np.ones(len(histories.items), np.float32),
        np.zeros((len(histories.items), 0), np.int32),  # similar items read no context
        prepared.sequences.group,
    )
    whole = left == newest
    return prepared.with_sequences(events.keep(whole[owners] | (histories.timestamps <= left[owners])))


def newest_purchases(prepared: Prepared) -> NDArray[np.int64]:
    """The time of each user's newest trained event, -1 for a user without one."""
    sequences = prepared.sequences
    has = sequences.lengths > 0
    newest = np.full(sequences.users, -1, np.int64)
    newest[has] = sequences.times[sequences.offsets[1:][has] - 1]
    return newest


def _about_items(config: Config) -> Config:
    """The configuration by which similar items are found: all event types, and attributes without texts."""
    datasets = {
        name: replace(source, name_column=None, text_column=None) for name, source in config.datasets.items()
    }
    return replace(config, recipe="aws-similar-items", rules=(), datasets=datasets)
