"""The optimization objective: lists that are richer in one attribute of items, at some cost of relevance.

The score of an item gets its attribute, standardized over the catalog, times a weight. The weight is chosen
on validation data, by how much of the relevance of the plain lists is left and how much of the reward that
could be had is reached: relevance counts three times as much as reward at LOW, as much at MEDIUM ("equal
emphasis" is the service's word), a third as much at HIGH. OFF changes nothing.
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
from training.progress import say
from training.tuning.objective import gains, truths

EMPHASIS = {"OFF": 0.0, "LOW": 0.25, "MEDIUM": 0.5, "HIGH": 0.75}
"""The share of the reward in what the weight is chosen by; the rest is relevance."""

WEIGHTS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0)
LENGTH = 25
ASKED = 500
"""Validation users that are asked: every weight that is tried sorts the whole catalog for each."""


@dataclass(frozen=True)
class Rewards:
    """What items are worth: float64[items], NaN where it is unknown, and their scale as it goes into the
    manifest.
    """

    attribute: str
    values: NDArray[np.float64]
    mean: float
    deviation: float

    def to_json(self) -> dict[str, str | float]:
        """What `tastemaker.models.sequence` reads."""
        return {"attribute": self.attribute, "mean": self.mean, "deviation": self.deviation}


def rewards(wanted: Objective | None, prepared: Prepared) -> Rewards | None:
    """What the objective is about. Raises BadDataError if items have no such number, or all the same."""
    if wanted is None:
        return None
    column = prepared.item_columns.find(wanted.attribute)
    if column is None or column.kind != NUMBER:
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


def weight(model: Model, about: Rewards, sensitivity: str, prepared: Prepared, cases: Cases) -> float:
    """How much the standardized attribute counts beside the scores of `model`, which does without it."""
    emphasis = EMPHASIS[sensitivity]
    if not emphasis or not len(cases):
        return 0.0
    some = Cases(cases.users[:ASKED], cases.shown[:ASKED])
    standard = objective(about.values, about.mean, about.deviation)
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
    say(
        f"objective {about.attribute}, {sensitivity}: weight {WEIGHTS[best]}, which leaves {left[best]:.0%} "
        f"of the relevance and reaches {reached[best]:.0%} of the reward that could be had"
    )
    return WEIGHTS[best]
