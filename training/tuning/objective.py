"""The objective that settings are chosen by: how well lists predict the next events.

A third is NDCG@10 with only the next item as truth, as for a request in the middle of a session. A third is
NDCG@25 with all items of the withheld newest 10 %, as in the solution version's metrics. A third is the share
of these items that are among the first ten. None of them alone is safe to choose by.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.metrics import hits, ndcg
from training.data.prepared import Sequences
from training.data.split import Cases


def truths(sequences: Sequences, cases: Cases) -> list[NDArray[np.int32]]:
    """The withheld items of each case, soonest first."""
    return [
        sequences.items[sequences.offsets[user] + shown : sequences.offsets[user + 1]]
        for user, shown in zip(cases.users, cases.shown, strict=True)
    ]


def gains(lists: Sequence[NDArray[Any]], wanted: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    """The objective of each case. `lists` are items, best first, 25 or more of each."""
    result = np.empty(len(lists))
    for case, (ranked, truth) in enumerate(zip(lists, wanted, strict=True)):
        soon = ndcg(np.asarray(ranked[:10]) == truth[0], 1, 10)
        every = set(truth.tolist())
        hit = hits(ranked[:25], every)
        found = np.count_nonzero(hit[:10]) / min(len(every), 10)
        result[case] = (soon + ndcg(hit, len(every), 25) + found) / 3
    return result


def within_chance(each: NDArray[np.float64], best: int, errors: float = 2.0) -> NDArray[np.bool_]:
    """Which columns of float64[cases, columns] lose no more than chance explains against the column `best`.

    Chance explains two standard errors of the mean difference, or as many as `errors` says.
    """
    lost = each[:, [best]] - each
    allowed: NDArray[np.bool_] = lost.mean(0) <= errors * lost.std(0) / np.sqrt(max(len(each), 1))
    return allowed
