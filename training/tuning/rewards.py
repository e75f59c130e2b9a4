"""The optimization objective: lists that are ordered by expected reward.

The expected reward of an item is its probability of being chosen times its reward. On the model's logarithmic
scale, the reward's logarithm is added to the score. At HIGH, lists are ordered by expected reward alone. At
MEDIUM, relevance and expected reward count equally (the service says "equal emphasis"), which is half of the
reward's logarithm, and at LOW relevance counts three times as much. OFF changes nothing.

A reward is a position on a bounded scale, so a few extreme values cannot decide every list
(`tastemaker.models.parts.reward`). Validation data find how far scores are from logarithms of probabilities,
and lower the power until a sensitivity keeps its share of the relevance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import NUMBER
from tastemaker.models import Model
from tastemaker.models.parts import reward
from tastemaker.models.scores import log_sum
from tastemaker.models.topk import top_k
from training.config import Objective
from training.data.prepared import Prepared
from training.data.split import Cases
from training.distributed.process_group import SINGLE, ProcessGroup
from training.errors import BadDataError
from training.output import evaluate
from training.output.moments import Moments, answers
from training.progress import log
from training.tuning.objective import gains, truths

POWERS = {"OFF": 0.0, "LOW": 0.25, "MEDIUM": 0.5, "HIGH": 1.0}
"""The power of the reward beside the probability. More than 1 would gain less reward."""

KEPT = {"OFF": 1.0, "LOW": 0.98, "MEDIUM": 0.95, "HIGH": 0.9}
"""The share of the relevance on validation data that must remain.

Other data may lose a little more. HIGH must keep four fifths there.
"""

FRACTIONS = (1.0, 0.85, 0.7, 0.55, 0.4, 0.3, 0.2, 0.1, 0.05, 0.0)
"""The fractions of the power to try, the largest first."""

TEMPERATURES = tuple(2.0 ** (step / 4) for step in range(-16, 13))
QUANTILES = (0.05, 0.95)
"""The quantiles of the attribute between which its scale lies."""

LENGTH = 25
MAX_CASES = 500
"""The validation users that are scored. Every weight sorts the whole catalog for each of them."""

MAX_CELLS = 50_000_000
"""The scores that the temperature is chosen on, over all cases."""


@dataclass(frozen=True)
class Rewards:
    """The value of each item: float64[items], NaN if unknown, and its scale for the manifest.

    `unknown` is the logarithm of the reward of an item without a value: the mean of all others.
    """

    attribute: str
    values: NDArray[np.float64]
    low: float
    high: float
    unknown: float

    def to_json(self) -> dict[str, str | float]:
        """The form that `tastemaker.models.sequence` reads."""
        return {"attribute": self.attribute, "low": self.low, "high": self.high, "unknown": self.unknown}

    @property
    def logarithms(self) -> NDArray[np.float32]:
        """The logarithm of each item's reward: float32[items]."""
        return reward(self.values, self.low, self.high, self.unknown)


def rewards(wanted: Objective | None, prepared: Prepared) -> Rewards | None:
    """The objective's values. Raises BadDataError if items lack such a number, or all have the same."""
    if wanted is None:
        return None
    column = prepared.item_columns.find(wanted.attribute)
    if column is None or column.column_type != NUMBER:
        raise BadDataError(
            f"The optimization objective is {wanted.attribute}: the Items dataset has no such column of "
            "numbers."
        )
    known = column.values[np.isfinite(column.values)]
    if not len(known) or known.min() == known.max():
        raise BadDataError(
            f"The optimization objective is {wanted.attribute}, which is the same for all items: no list can "
            "be richer in it than another."
        )
    low, high = (float(value) for value in np.quantile(known, QUANTILES))
    if low == high:  # nearly all items have the same value
        low, high = float(known.min()), float(known.max())
    unknown = float(reward(known, low, high, 0.0).mean())
    return Rewards(wanted.attribute, np.asarray(column.values), low, high, unknown)


def weights(
    model: Model, item_rewards: Rewards, sensitivity: str, prepared: Prepared, cases: Cases
) -> dict[str, float]:
    """The weights of the reward beside the scores of `model`, which does not include it.

    `weight` is for users with a history, and `weightWithoutHistory` for others.
    """
    group = prepared.sequences.group
    count = min(group.total(len(cases)), MAX_CASES)
    if not POWERS[sensitivity] or not count:
        return {"weight": 0.0, "weightWithoutHistory": 0.0}
    some = cases.only(np.arange(count))
    wanted = truths(prepared.sequences, some)
    moments = Moments(model, prepared)
    with_history = answers(prepared, some, evaluate.scorer(model, prepared, moments))
    asked = Asked(with_history, wanted, some.first, group)
    found = {"weight": _weight("users with a history", asked, item_rewards, sensitivity)}
    del with_history, asked
    new = answers(prepared, some, evaluate.scorer(model, prepared, moments, new=True))
    asked = Asked(new, wanted, some.first, group)
    found["weightWithoutHistory"] = _weight("new users", asked, item_rewards, sensitivity)
    return found


@dataclass(frozen=True)
class Asked:
    """The scores of all items for some cases, with the truth of each.

    They are this process's; `first` is the number of its first case among those of the group's processes.
    """

    scores: Sequence[NDArray[np.float32]]
    wanted: Sequence[NDArray[np.integer]]
    first: int = 0
    group: ProcessGroup = SINGLE


def _weight(users: str, asked: Asked, item_rewards: Rewards, sensitivity: str) -> float:
    """The largest weight up to the sensitivity's power that keeps its share of the relevance."""
    logarithms = item_rewards.logarithms
    full = POWERS[sensitivity] / temperature(asked)
    count = asked.group.total(len(asked.scores))

    def relevance(one: float) -> float:
        lists = [top_k(row + np.float32(one) * logarithms, LENGTH) for row in asked.scores]
        return float(asked.group.sum(gains(lists, asked.wanted).sum())) / count

    plain = relevance(0.0)
    for fraction in FRACTIONS:
        kept = relevance(full * fraction)
        if kept >= KEPT[sensitivity] * plain:
            break
    log(
        f"objective {item_rewards.attribute}, {sensitivity}, {users}: weight {full * fraction:.3f}, "
        f"{fraction:.0%} of the full power, keeps {kept / max(plain, 1e-9):.1%} of the relevance"
    )
    return full * fraction


def temperature(asked: Asked) -> float:
    """The factor of the scores whose softmax makes the next items most likely.

    With it, scores are logarithms of probabilities. A case whose next item was not live says nothing about
    it: the item has a score of -inf at every factor. Without any other case, the factor is 1.
    """
    items = max(asked.group.gather(len(asked.scores[0]) if asked.scores else 0))
    most = max(max(20, MAX_CELLS // max(items, 1)) - asked.first, 0)
    likely, known = np.zeros(len(TEMPERATURES)), 0
    for row, truth in zip(asked.scores[:most], asked.wanted, strict=False):
        if row[truth[0]] == -np.inf:
            continue
        known += 1
        for place, factor in enumerate(TEMPERATURES):
            scaled = row * np.float32(factor)
            likely[place] += scaled[truth[0]] - log_sum(scaled)
    likely = asked.group.sum(likely)
    return float(TEMPERATURES[int(np.argmax(likely))]) if asked.group.total(known) else 1.0
