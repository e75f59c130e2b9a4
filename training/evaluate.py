"""Metrics of a solution version, measured on the model that will serve, by the code that will serve it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tastemaker.metrics import LIST_LENGTH, summarise
from tastemaker.models import Model
from tastemaker.ranking.topk import top_k
from training.data import Prepared
from training.fit import popularity
from training.objective import truths
from training.split import Cases

Scorer = Callable[[int, int], NDArray[np.float32]]
"""From a user and how many of their events are shown, the scores of all items."""


def scorer(model: Model, prepared: Prepared) -> Scorer:
    """How a model is asked in an evaluation: at the end of the data, or for the last item that is shown."""
    if model.needs_item:

        def by_item(user: int, shown: int) -> NDArray[np.float32]:
            history = prepared.sequences.history(user, shown)
            return model.score_item(int(history.items[-1]) if len(history) else -1)

        return by_item

    def by_user(user: int, shown: int) -> NDArray[np.float32]:
        return model.score_user(prepared.sequences.history(user, shown), now=prepared.latest, user_index=user)

    return by_user


def lists(score: Scorer, cases: Cases, most: int = LIST_LENGTH) -> list[NDArray[np.int64]]:
    """The best items for each case. Items that the user has touched already may be among them, as in the
    service.
    """
    return [
        top_k(score(int(user), int(shown)), most)
        for user, shown in zip(cases.users, cases.shown, strict=True)
    ]


def evaluate(score: Scorer, prepared: Prepared, cases: Cases) -> dict[str, float]:
    """The metrics that GetSolutionMetrics answers; `prepared` holds all events, also those that are held
    out.
    """
    return summarise(lists(score, cases), truths(prepared.sequences, cases), len(prepared.items))


def popularity_baseline(training: Prepared, prepared: Prepared, cases: Cases) -> dict[str, float]:
    """The metrics of the same list for everybody, fitted on the same training data: the floor to compare
    with.
    """
    users = popularity.distinct_users(training.sequences, len(prepared.items)).astype(np.float32)
    best = top_k(users, LIST_LENGTH)
    return summarise([best] * len(cases), truths(prepared.sequences, cases), len(prepared.items))
