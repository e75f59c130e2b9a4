"""The optimization objective: lists that are richer in one attribute of items, at some cost of relevance.

An item's score gets its attribute, standardized over the catalog, times a weight. Validation data chooses the
weight, by the share of relevance that is kept and the share of the possible reward that is reached. Relevance
counts three times as much as reward at LOW, as much at MEDIUM (the service says "equal emphasis"), and a
third as much at HIGH. OFF changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import NUMBER
from tastemaker.models import Model
from tastemaker.models.parts import objective
from tastemaker.models.topk import top_k
from training.config import Objective
from training.data.prepared import Prepared
from training.data.split import Cases
from training.errors import BadDataError
from training.output import evaluate
from training.progress import log
from training.tuning.objective import gains, truths

EMPHASIS = {"OFF": 0.0, "LOW": 0.25, "MEDIUM": 0.5, "HIGH": 0.75}
"""The share of the reward in what the weight is chosen by. The rest is relevance."""

WEIGHTS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0)
LENGTH = 25
MAX_CASES = 500
"""The validation users that are scored. Every weight sorts the whole catalog for each of them."""


@dataclass(frozen=True)
class Rewards:
    """The value of each item: float64[items], NaN if unknown, and its scale for the manifest."""

    attribute: str
    values: NDArray[np.float64]
    mean: float
    deviation: float

    def to_json(self) -> dict[str, str | float]:
        """The form that `tastemaker.models.sequence` reads."""
        return {"attribute": self.attribute, "mean": self.mean, "deviation": self.deviation}


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
    known = column.values[~np.isnan(column.values)]
    deviation = float(known.std()) if len(known) else 0.0
    if deviation == 0.0:
        raise BadDataError(
            f"The optimization objective is {wanted.attribute}, which is the same for all items: no list can "
            "be richer in it than another."
        )
    return Rewards(wanted.attribute, np.asarray(column.values), float(known.mean()), deviation)


def weight(model: Model, item_rewards: Rewards, sensitivity: str, prepared: Prepared, cases: Cases) -> float:
    """The weight of the standardized attribute beside the scores of `model`, which does not include it."""
    emphasis = EMPHASIS[sensitivity]
    if not emphasis or not len(cases):
        return 0.0
    some = Cases(cases.users[:MAX_CASES], cases.shown[:MAX_CASES])
    standard = objective(item_rewards.values, item_rewards.mean, item_rewards.deviation)
    ask, wanted = evaluate.scorer(model, prepared), truths(prepared.sequences, some)
    richest = float(standard[top_k(standard, LENGTH)].mean())
    relevance, reward = np.zeros((len(some), len(WEIGHTS))), np.zeros((len(some), len(WEIGHTS)))
    for case, (user, shown) in enumerate(zip(some.users, some.shown, strict=True)):
        scores = ask(int(user), int(shown))
        lists = [top_k(scores + np.float32(one) * standard, LENGTH) for one in WEIGHTS]
        relevance[case] = gains(lists, [wanted[case]] * len(WEIGHTS))
        reward[case] = [standard[ranked].mean() for ranked in lists]
    left = relevance.mean(0) / max(relevance.mean(0)[0], 1e-9)
    plain = reward.mean(0)[0]
    reached = (reward.mean(0) - plain) / max(richest - plain, 1e-9)
    best = int(np.argmax((1 - emphasis) * left + emphasis * reached))
    log(
        f"objective {item_rewards.attribute}, {sensitivity}: weight {WEIGHTS[best]} keeps {left[best]:.0%} "
        f"of the relevance and reaches {reached[best]:.0%} of the possible reward"
    )
    return WEIGHTS[best]
