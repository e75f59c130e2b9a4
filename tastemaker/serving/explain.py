"""Explanations: the events of the user's history that raised an item's score.

Leave-one-out: the model scores the history again without the events of one item, and the difference is the
influence of these events on each item (Li, Monroe, Jurafsky, "Understanding Neural Networks through
Representation Erasure", 2016). A user who returns to an item has several events with it, which are one
reason: left out one by one, each would seem to change little, because the others remain. The method uses the
model's own scores, works for every model, and fits nothing.
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
"""The items of so many newest events are left out in turn. Each one costs one scoring of the catalog."""
MAX_EVENTS_PER_ITEM = 3
"""How many events an explanation names for an item, each with another item."""


@dataclass(frozen=True, slots=True)
class Influence:
    """How much the events with one item add to another item's log score.

    `position` is that of the newest of these events in the history.
    """

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
    return event | ({"eventType": bundle.event_types.labels[event_type]} if event_type >= 0 else {})


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
    newest = range(max(0, len(history) - MAX_EVENTS), len(history))
    last = {int(history.items[position]): position for position in newest}
    positions = sorted(last.values())
    without = [history[history.items != history.items[position]] for position in positions]
    added = np.array([complete - log_scores(events) for events in without])
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
