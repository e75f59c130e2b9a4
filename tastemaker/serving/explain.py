"""Why an item stands where it stands: the events of the user's history that moved its score.

Leave one out: the model scores the history again without the event, and the difference is the event's
influence on each item (Li, Monroe, Jurafsky, "Understanding Neural Networks through Representation Erasure",
2016). It is the model's own arithmetic, whatever kind of model it is; nothing is fitted afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.models.base import Model
from tastemaker.models.bundle import History

EVENTS = 20
"""How many of the newest events are left out in turn: each costs one scoring of the catalog."""
SHOWN = 3
"""How many events are named for an item."""


@dataclass(frozen=True, slots=True)
class Influence:
    """One event, by its place in the history, and what it adds to an item's score (a difference of
    logarithms).
    """

    place: int
    added: float


def explain(
    model: Model,
    history: History,
    items: Sequence[int],
    *,
    now: int,
    context: Mapping[str, str] | None = None,
    user_index: int = -1,
) -> list[list[Influence]]:
    """For each item the events that raised its score most, the strongest first; empty for a model that does
    not read a history, or where no event raised it.
    """
    if not model.needs_user or not len(history) or not len(items):
        return [[] for _ in items]

    def scores(read: History) -> np.ndarray:
        found = model.scores_for(read, now=now, context=context, user_index=user_index)
        return found.of(items).astype(np.float64) - found.log_sum()

    whole = scores(history)
    places = range(max(0, len(history) - EVENTS), len(history))
    added = np.array([whole - scores(history[np.arange(len(history)) != place]) for place in places])
    added[~np.isfinite(added)] = 0.0
    order = np.argsort(-added, axis=0, kind="stable")[:SHOWN]
    return [
        [
            Influence(places[row], float(added[row, column]))
            for row in order[:, column]
            if added[row, column] > 0
        ]
        for column in range(len(items))
    ]
