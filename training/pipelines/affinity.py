"""User segmentation: Item-Affinity and Item-Attribute-Affinity.

The split is the service's: the newest fifth of each user's events is the truth. A question is an item, or a
value of an attribute. The answer is the most likely 1 % of users.

In that split every user comes back. How fast events lose weight by the calendar is therefore chosen on
another one, after the metrics: the newest tenth of all events is the truth, of users who come back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import groupby, product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import CATEGORICAL
from tastemaker.models.affinity import DAY, AffinityModel, Crowd, Settings, days_ago
from tastemaker.models.bundle import Histories
from tastemaker.models.sparse import SparseRows, sums_of_runs
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
SOON_SHARE = 0.1
"""The share of all events that are the truth where the calendar counts: a segment is for the near future."""

HALF_LIVES = (3.0, 10.0, 40.0, 1e9)
REPEATS = (0.0, 0.1, 0.3, 1.0, 10.0)
HAD = (-1.0, -2.0, -4.0, -1_000.0)
"""At its end, all users who had the item come after the others."""

AGAIN = (*((repeat, 0.0) for repeat in REPEATS), *((0.0, had) for had in HAD))
"""What is tried for `repeat` and `had`, the mildest first.

Of settings that find the same users the first is taken, because more users than those may be asked for.
Repeats of 10 leave little more than visits to what is asked for.
"""

DAMPINGS = (0.0, 0.5)
ACTIVITIES = (0.0, 0.3, 1.0, 2.0)
FADING_LIVES = (4.0, 1.0)
"""The half-lives by the calendar that are tried.

They are in lengths of the time that holds the newest tenth of all events. With shorter ones a segment is who
was there a moment ago, whatever is asked for.
"""

MIN_QUESTIONS = 5
"""With fewer questions, nothing tells chance apart, and the calendar does not count."""

QUESTIONS = 500
TUNING_QUESTIONS = (50, 300)
"""The fewest and the most questions that settings are chosen on."""

TUNING_SIZE = 2
"""The size of the segments that settings are chosen by, in percent of the users.

Segments of 1 percent have half as many events, so more of the choice is chance.
"""

TUNING_SCORES = 60_000_000
"""The most scores of users for all these questions together.

With more users, fewer questions are needed, and each takes longer.
"""


class Question(NamedTuple):
    """The items that are asked for, the users who have one of them afterwards, and how many events each."""

    items: NDArray[np.bool_]
    users: NDArray[np.int64]
    events: NDArray[np.int64]

    def events_of(self, found: NDArray[np.int64]) -> int:
        """The number of events of the found users.

        Whether a user has any event says little where a wide attribute is asked for, because nearly every
        active user has one.
        """
        return int(self.events[np.isin(self.users, found)].sum())

    def most_events(self, users: int) -> int:
        """The number of events of the `users` users who have most."""
        return int(np.sort(self.events)[::-1][:users].sum())


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
            "settings": {k: v for k, v in asdict(self.settings).items() if k not in ("had", "fading") or v},
            "trainedTypes": prepared.trained_types,
            "unknownTypes": prepared.unknown_types,
        }
        active = activity(prepared, self.settings.fading)
        return Fitted(AffinityModel, metadata, {"activity": active}, rows={"toward": self._toward(prepared)})

    def tune(self, prepared: Prepared) -> None:
        """Choose how fast the past fades and what a repeat is worth, on the newest fifth of this data.

        Of what chance explains, items take the settings with the most distinct users. Attributes are so few
        and wide that chance explains much, so they take those with the least weight of activity.
        """
        tried = [
            Settings(half_life, repeat, damping, activity, had)
            for half_life, (repeat, had), damping, activity in product(
                HALF_LIVES, AGAIN, DAMPINGS, ACTIVITIES
            )
        ]
        older, truth = split(prepared)
        each, distinct = self.shares_found(older, truth, tried)
        if len(each):
            activities = [one.activity for one in tried]
            chosen = least(each, activities if self.attributes else (-distinct).tolist(), errors=1.0)
            self.settings = tried[chosen]
            log(
                f"affinity: {self.settings}, share of events found {each.mean(0)[chosen]:.4f} "
                f"(at most {each.mean(0).max():.4f}), {distinct[chosen]:,} users in segments, "
                f"on {len(each)} questions of validation data"
            )

    def tune_fading(self, prepared: Prepared) -> None:
        """Choose how fast events lose weight by the calendar, on the newest tenth of all events."""
        older, truth, days = split_by_time(prepared)
        fadings = [0.0, *(1 / (life * days) for life in FADING_LIVES)]
        each, _ = self.shares_found(older, truth, [replace(self.settings, fading=one) for one in fadings])
        if len(each) >= MIN_QUESTIONS:
            chosen = least(each, [float(one > 0) for one in fadings], errors=2.0)
            self.settings = replace(self.settings, fading=fadings[chosen])
            log(
                f"affinity: fading {fadings[chosen]:.4f} per day, share of events found "
                f"{each.mean(0)[chosen]:.4f} ({each.mean(0)[0]:.4f} without) in the newest {days:.1f} days"
            )

    def shares_found(
        self, older: Prepared, truth: Sequences, tried: Sequence[Settings]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The share of events that each of these settings finds: float64[questions, settings].

        Also how many users are in any segment: int64[settings].
        """
        users = len(older.users)
        asked = int(np.clip(TUNING_SCORES // max(users, 1), *TUNING_QUESTIONS))
        questions = list(self.questions(older, truth, asked))
        each, distinct = np.zeros((len(questions), len(tried))), np.zeros(len(tried), np.int64)
        if not questions:
            return each, distinct
        toward, most = self._toward(older), TUNING_SIZE * segment_size(users)

        def decay(place: int) -> tuple[float, float]:
            return tried[place].half_life, tried[place].fading

        for (half_life, fading), group in groupby(range(len(tried)), decay):
            crowd, places = Crowd(older.histories, older.trained, half_life, fading), list(group)
            active, covered = activity(older, fading), np.zeros((len(places), users), bool)
            for number, question in enumerate(questions):
                self.stop.check()
                items, possible = question.items, question.most_events(most)
                column = toward.sum(np.flatnonzero(items), np.ones(int(items.sum())))
                sums = crowd.sums(column), crowd.sums(items.astype(np.float32)), crowd.having(items)
                for row, place in zip(covered, places, strict=True):
                    found = top_k(crowd.scores(*sums, active, tried[place]), most)
                    each[number, place] = question.events_of(found) / possible
                    row[found] = True
            distinct[places] = np.count_nonzero(covered, axis=1)
        return each, distinct

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
            found = [top_k(model.users_for_attributes(one.items), most) for one in questions]
        wanted = [one.users for one in questions]
        metrics = summarize(found, wanted, len(prepared.users), most)
        baseline = summarize([active] * len(questions), wanted, len(prepared.users), most)
        for name, value in metrics.items():
            log(f"  {name} {value:.4f} ({baseline[name]:.4f} for the most active users)")
        self.tune_fading(prepared)
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
            users, events = np.unique(owners[wanted[items]], return_counts=True)
            if len(users):
                yield Question(wanted, users, events)

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


def least(each: NDArray[np.float64], weights: Sequence[float], errors: float) -> int:
    """Of the settings within some standard errors of the best, those of the least weight; of these the best.

    `each` is what they find: float64[questions, settings]. `weights` say how alike the segments are: the
    most active users have events with most items, so they are seldom wrong, but they are the same for every
    question.
    """
    reached = each.mean(0)
    enough = np.flatnonzero(within_chance(each, int(np.argmax(reached)), errors)).tolist()
    return min(enough, key=lambda one: (weights[one], -reached[one]))


def activity(prepared: Prepared, fading: float = 0.0) -> NDArray[np.float32]:
    """The logarithm of each user's trained events, plus one: float32[users].

    Events are halved `fading` times for each of their `days_ago`.
    """
    sequences = prepared.sequences
    counts = sequences.lengths.astype(np.float64)
    if fading:
        counts = sums_of_runs(np.exp2(-fading * days_ago(sequences.times)), sequences.lengths)
    return np.log1p(counts).astype(np.float32)


def split(prepared: Prepared) -> tuple[Prepared, Sequences]:
    """The data without the newest fifth of each user's events, and that fifth."""
    sequences = prepared.sequences
    ends = sequences.lengths - np.round(sequences.lengths * TRUTH_SHARE).astype(np.int64)
    kept = sequences.places() < np.repeat(ends, sequences.lengths)
    return _only(prepared, sequences.keep(kept)), sequences.keep(~kept)


def split_by_time(prepared: Prepared) -> tuple[Prepared, Sequences, float]:
    """The data without the newest tenth of all events, that tenth, and how many days it spans, at least one.

    Of that tenth only the users remain who came back: their older events had ended a day before. Nobody knows
    new users, and who is in the middle of a visit needs no segment.
    """
    sequences = prepared.sequences
    cut = np.quantile(sequences.times, 1 - SOON_SHARE, method="lower")
    older, newer = sequences.keep(sequences.times < cut), sequences.keep(sequences.times >= cut)
    back = (older.lengths > 0) & (newer.lengths > 0)
    away = newer.times[newer.offsets[:-1][back]] - older.times[older.offsets[1:][back] - 1]
    back[back] = away >= DAY
    days = max(float(days_ago(sequences.times)[sequences.times >= cut].max(initial=0.0)), 1.0)
    return _only(prepared, older), newer.keep(back[newer.owners()]), days


def _only(prepared: Prepared, sequences: Sequences) -> Prepared:
    """The data with these events alone, also as histories."""
    histories = Histories(sequences.offsets, sequences.items, sequences.times, sequences.types)
    return replace(prepared, sequences=sequences, histories=histories)


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
