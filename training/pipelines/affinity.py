"""User segmentation: Item-Affinity and Item-Attribute-Affinity.

The split is the service's: the newest fifth of each user's events is the truth. A question is an item, or a
value of an attribute. The answer is the most likely 1 % of users.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import groupby, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import CATEGORICAL
from tastemaker.models.affinity import AffinityModel, Crowd, Settings
from tastemaker.models.bundle import Histories
from tastemaker.models.sparse import SparseRows
from tastemaker.models.topk import top_k
from training.algorithms import linear, pairs
from training.config import Config
from training.data.prepare import excluded_features
from training.data.prepared import Prepared, Sequences
from training.errors import BadDataError
from training.output.bundle_writer import Fitted
from training.pipelines.base import Measured, Pipeline, fitted_model
from training.progress import StopSignal, log
from training.tuning.objective import within_chance

TRUTH_SHARE = 0.2
HALF_LIVES = (3.0, 10.0, 40.0, 1e9)
REPEATS = (0.0, 0.1, 0.3, 1.0)
HAD = (-1.0, -2.0, -4.0, -1_000.0)
"""At its end, all users who had the item come after the others."""

AGAIN = (*((repeat, 0.0) for repeat in REPEATS), *((0.0, had) for had in HAD))
"""What is tried for `repeat` and `had`, the mildest first.

Of settings that find the same users the first is taken, because more users than those may be asked for.
"""

DAMPINGS = (0.0, 0.5)
ACTIVITIES = (0.0, 0.3, 1.0, 2.0, 4.0)
QUESTIONS = 500
TUNING_QUESTIONS = (50, 300)
"""The fewest and the most questions that settings are chosen on."""

TUNING_SCORES = 60_000_000
"""The most scores of users for all these questions together.

With more users, fewer questions are needed, and each takes longer.
"""

Question = tuple[NDArray[np.bool_], NDArray[np.int64]]
"""The items that are asked for, and the users who have one of them afterwards."""


class AffinityPipeline(Pipeline):
    """The pipeline of both recipes. With `attributes`, questions are values of attributes, not items."""

    model_name = "affinity"

    def __init__(self, config: Config, checkpoints: Path | None, stop: StopSignal) -> None:
        super().__init__(config, checkpoints, stop)
        self.attributes = config.recipe == "aws-item-attribute-affinity"
        self.excluded = excluded_features(config, "ITEMS")
        self.seed = config.seed
        self.settings = Settings()

    def fit(self, prepared: Prepared) -> Fitted:
        """Fit the linear model and transpose it: for each item, the items that point at it."""
        metadata = {
            "settings": {k: v for k, v in asdict(self.settings).items() if k != "had" or v},
            "trainedTypes": prepared.trained_types,
            "unknownTypes": prepared.unknown_types,
        }
        return Fitted(
            AffinityModel, metadata, {"activity": activity(prepared)}, rows={"toward": self._toward(prepared)}
        )

    def tune(self, prepared: Prepared) -> None:
        """Choose how fast the past fades and what a repeat is worth, on the newest fifth of this data."""
        older, truth = split(prepared)
        users = len(prepared.users)
        asked = int(np.clip(TUNING_SCORES // max(users, 1), *TUNING_QUESTIONS))
        questions = list(self.questions(prepared, truth, asked))
        toward = self._toward(older)
        active, most = activity(older), segment_size(users)
        tried = [
            Settings(half_life, repeat, damping, activity, had)
            for half_life, (repeat, had), damping, activity in product(
                HALF_LIVES, AGAIN, DAMPINGS, ACTIVITIES
            )
        ]
        each = np.zeros((len(questions), len(tried)))
        coverage: list[int] = []
        for half_life, group in groupby(range(len(tried)), lambda one: tried[one].half_life):
            crowd, places = Crowd(older.histories, prepared.trained, half_life), list(group)
            covered = np.zeros((len(places), users), bool)
            for number, (items, wanted) in enumerate(questions):
                self.stop.check()
                column = toward.sum(np.flatnonzero(items), np.ones(int(items.sum())))
                sums = crowd.sums(column), crowd.sums(items.astype(np.float32)), crowd.having(items)
                for row, place in zip(covered, places, strict=True):
                    found = top_k(crowd.scores(*sums, active, tried[place]), most)
                    each[number, place] = recall(found, wanted, most)
                    row[found] = True
            coverage += np.count_nonzero(covered, axis=1).tolist()
        if questions:
            chosen = most_different(each, coverage)
            self.settings = tried[chosen]
            log(
                f"affinity: {self.settings}, {coverage[chosen]:,} users in segments, recall "
                f"{each.mean(0)[chosen]:.4f} (at most {each.mean(0).max():.4f}) "
                f"on {len(questions)} questions of validation data"
            )

    def measure(self, prepared: Prepared, stop: StopSignal) -> Measured:
        """The metrics of the users found, against the users who had an event with the item."""
        older, truth = split(prepared)
        questions = list(self.questions(prepared, truth, QUESTIONS))
        if self.attributes and not questions:
            raise BadDataError(
                "There is no attribute to train on: the Items dataset needs a categorical column whose "
                "values are neither all the same nor all different."
            )
        self.tune(older)
        stop.check()
        most = segment_size(len(prepared.users))
        active = top_k(older.sequences.lengths.astype(np.float64), most)
        with fitted_model(self.fit(older), older, self.config, with_histories=True) as model:
            assert isinstance(model, AffinityModel)
            found = [top_k(model.users_for_attributes(items), most) for items, _ in questions]
        wanted = [users for _, users in questions]
        metrics = summarize(found, wanted, len(prepared.users), most)
        baseline = summarize([active] * len(questions), wanted, len(prepared.users), most)
        for name, value in metrics.items():
            log(f"  {name} {value:.4f} ({baseline[name]:.4f} for the most active users)")
        return Measured(metrics, {"activity": baseline})

    def _toward(self, prepared: Prepared) -> SparseRows:
        count = len(prepared.items)
        rows = linear.fit(prepared.sequences, count, seed=self.seed)
        from_item = np.repeat(np.arange(count), np.diff(rows.offsets))
        keys = rows.columns.astype(np.int64) * count + from_item
        order = np.argsort(keys, kind="stable")
        return pairs.heaviest(keys[order], rows.values[order], count, count)

    def questions(self, prepared: Prepared, truth: Sequences, most: int) -> Iterator[Question]:
        owners, items = truth.owners(), truth.items
        for wanted in self._wanted(prepared, most, np.unique(items)):
            users = np.unique(owners[wanted[items]])
            if len(users):
                yield wanted, users

    def _wanted(
        self, prepared: Prepared, most: int, present: NDArray[np.integer]
    ) -> Iterator[NDArray[np.bool_]]:
        count, rng = len(prepared.items), np.random.default_rng([self.seed, 4])
        if not self.attributes:
            for item in rng.permutation(present)[:most]:
                wanted = np.zeros(count, bool)
                wanted[item] = True
                yield wanted
            return
        values = []
        for name, column in prepared.item_columns.items():
            if column.column_type == CATEGORICAL and name not in self.excluded:
                many = np.bincount(column.codes, minlength=len(column.vocabulary))
                values += [(column, code) for code in np.flatnonzero((many > 1) & (many < count))]
        for place in rng.permutation(len(values))[:most]:
            column, code = values[place]
            rows = np.repeat(np.arange(count), np.diff(column.offsets))
            wanted = np.zeros(count, bool)
            wanted[rows[column.codes == code]] = True
            yield wanted


def most_different(each: NDArray[np.float64], coverage: Sequence[int]) -> int:
    """Of the settings whose recall is within a standard error of the best, the one with most distinct users.

    `each` is the recall: float64[questions, settings], and `coverage` how many users are in any segment.
    The most active users have events with most items, so they are seldom wrong. But they are the same for
    every question, and such a segment says nothing about what was asked.
    """
    reached = each.mean(0)
    enough = np.flatnonzero(within_chance(each, int(np.argmax(reached)), errors=1.0)).tolist()
    return max(enough, key=lambda one: (coverage[one], reached[one]))


def activity(prepared: Prepared) -> NDArray[np.float32]:
    """The logarithm of each user's trained events, plus one: float32[users]."""
    return np.log1p(prepared.sequences.lengths).astype(np.float32)


def split(prepared: Prepared) -> tuple[Prepared, Sequences]:
    """The data without the newest fifth of each user's events, and that fifth."""
    sequences = prepared.sequences
    ends = sequences.lengths - np.round(sequences.lengths * TRUTH_SHARE).astype(np.int64)
    kept = sequences.places() < np.repeat(ends, sequences.lengths)
    older = sequences.keep(kept)
    histories = Histories(older.offsets, older.items, older.times, older.types)
    return replace(prepared, sequences=older, histories=histories), sequences.keep(~kept)


def segment_size(users: int) -> int:
    """One percent of the users, at least one."""
    return max(1, round(users / 100))


def recall(found: NDArray[np.int64], wanted: NDArray[np.int64], most: int) -> float:
    """The found users among the wanted ones, divided by as many as could be found."""
    return float(np.isin(found, wanted).sum()) / max(min(len(wanted), most), 1)


def summarize(
    found: list[NDArray[np.int64]], wanted: list[NDArray[np.int64]], users: int, most: int
) -> dict[str, float]:
    """The metrics of a segmentation.

    Coverage is the share of users in any segment. `hits_at_1_percent` is a mean count, not bounded by 1.
    `recall_at_1_percent` is a mean share.
    """
    pairs_of = list(zip(found, wanted, strict=True))
    reached = np.unique(np.concatenate(found)) if found else np.zeros(0)
    hits = [float(np.isin(one, other).sum()) for one, other in pairs_of]
    recalls = [recall(one, other, most) for one, other in pairs_of]
    return {
        "coverage": round(len(reached) / max(users, 1), 4),
        "hits_at_1_percent": round(float(np.mean(hits)) if hits else 0.0, 4),
        "recall_at_1_percent": round(float(np.mean(recalls)) if recalls else 0.0, 4),
    }
