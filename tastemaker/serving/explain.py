"""Explanations: the events of the user's history that raised an item's score.

Leave-one-out: the model scores the history again without one event, and the difference is the influence of
that event on each item (Li, Monroe, Jurafsky, "Understanding Neural Networks through Representation Erasure",
2016). The method uses the model's own scores, works for every model, and fits nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.base import Model
from tastemaker.models.bundle import Bundle, History
from tastemaker.serving.query import Query

MAX_EVENTS = 20
"""How many of the newest events are left out in turn. Each one costs one scoring of the catalog."""
MAX_EVENTS_PER_ITEM = 3
"""How many events an explanation names for an item."""


@dataclass(frozen=True, slots=True)
class Influence:
    """An event, by its position in the history, and how much it adds to an item's log score."""

    position: int
    added: float


def explanations(query: Query, items: Sequence[int]) -> list[dict[str, Any]]:
    """Return the explanation of each item of an answer, in the order of the answer.

    `items` are positions in the bundle.
    """
    model, bundle = query.loaded.model, query.loaded.bundle
    if not model.needs_user:
        return [{"itemId": bundle.items[item], "because": []} for item in items]
    history = query.past.history
    found = explain(
        model,
        history,
        items,
        now=int(query.runtime.clock()),
        context=query.context,
        user_index=query.user_index,
    )
    return [
        {"itemId": bundle.items[item], "because": [_event(bundle, history, one) for one in influences]}
        for item, influences in zip(items, found, strict=True)
    ]


def _event(bundle: Bundle, history: History, influence: Influence) -> dict[str, Any]:
    event_type = int(history.event_types[influence.position])
    event = {
        "itemId": bundle.items[int(history.items[influence.position])],
        "timestamp": int(history.timestamps[influence.position]),
        "influence": round(influence.added, 4),
    }
    return event | ({"eventType": bundle.event_types[event_type]} if event_type >= 0 else {})


def explain(
    model: Model,
    history: History,
    items: Sequence[int],
    *,
    now: int,
    context: Mapping[str, str] | None = None,
    user_index: int = -1,
) -> list[list[Influence]]:
    """Return, for each item, the events that raised its score most, the strongest first.

    The list of an item is empty if no event raised its score, or if the model does not read a history.
    """
    if not model.needs_user or not len(history) or not len(items):
        return [[] for _ in items]

    def log_scores(events: History) -> NDArray[np.float64]:
        found = model.scores_for(events, now=now, context=context, user_index=user_index)
        return found.of(items).astype(np.float64) - found.log_sum()

    complete = log_scores(history)
    positions = range(max(0, len(history) - MAX_EVENTS), len(history))
    everything = np.arange(len(history))
    added = np.array([complete - log_scores(history[everything != position]) for position in positions])
    added[~np.isfinite(added)] = 0.0
    order = np.argsort(-added, axis=0, kind="stable")[:MAX_EVENTS_PER_ITEM]
    return [
        [
            Influence(positions[row], float(added[row, column]))
            for row in order[:, column]
            if added[row, column] > 0
        ]
        for column in range(len(items))
    ]
