"""What is held out of a data set, and how lists are measured against it.

A protocol gives the events to train on, and cases: how many events of a user are shown, and what the user did
next. Whole catalogs are ranked. Nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.topk import top_k
from training.data.prepared import Prepared
from training.data.split import Cases, test_cases, without
from training.output.evaluate import Scorer

WEEK = 7 * 86_400


@dataclass(frozen=True)
class Protocol:
    """The training data and the cases of one protocol.

    `training` is fitted. The newest events of the cases in `whole` are the truth. `seen` is whether items
    that the user has seen may be recommended.
    """

    whole: Prepared
    training: Prepared
    cases: Cases
    seen: bool

    def truth(self, case: int) -> NDArray[np.int32]:
        """The distinct items of each case that followed, soonest first."""
        user, shown = int(self.cases.users[case]), int(self.cases.shown[case])
        items = self.whole.sequences.history(user).items[shown:]
        return items[np.sort(np.unique(items, return_index=True)[1])]

    def sample(self, most: int, seed: int) -> Protocol:
        """The same protocol with at most this many cases, drawn with the seed. All of them for 0.

        The standard error of a hit rate of .1 is 7 % of it with 2,000 cases, and 2 % with 20,000.
        """
        if not 0 < most < len(self.cases):
            return self
        chosen = np.sort(np.random.default_rng([seed, 7]).permutation(len(self.cases))[:most])
        return replace(self, cases=Cases(self.cases.users[chosen], self.cases.shown[chosen]))


def leave_one_out(prepared: Prepared, seed: int) -> Protocol:
    """The last event of each user with three or more events. Seen items are not recommended."""
    lengths = prepared.sequences.lengths
    users = np.flatnonzero(lengths >= 3)
    cases = Cases(users, lengths[users] - 1)
    training = prepared.with_sequences(without(prepared.sequences, cases, whole=False))
    return Protocol(prepared, training, cases, seen=False)


def new_users(prepared: Prepared, seed: int) -> Protocol:
    """Personalize's own: a tenth of the users is not trained on, and their newest tenth is predicted."""
    cases = test_cases(prepared.sequences, seed)
    training = prepared.with_sequences(without(prepared.sequences, cases, whole=True))
    return Protocol(prepared, training, cases, seen=True)


def last_week(prepared: Prepared, seed: int) -> Protocol:
    """The events of the last week of the data."""
    return _after(prepared, prepared.latest - WEEK)


def global_time(prepared: Prepared, seed: int) -> Protocol:
    """The events after the time by which nine tenths of all events had happened."""
    return _after(prepared, int(np.quantile(prepared.sequences.times, 0.9)))


PROTOCOLS: dict[str, Callable[[Prepared, int], Protocol]] = {
    "leave-one-out": leave_one_out,
    "new-users": new_users,
    "last-week": last_week,
    "global-time": global_time,
}


def _after(prepared: Prepared, time: int) -> Protocol:
    sequences = prepared.sequences
    before = np.bincount(sequences.owners()[sequences.times <= time], minlength=sequences.users)
    users = np.flatnonzero((before > 0) & (before < sequences.lengths))
    cases = Cases(users, before[users])
    training = prepared.with_sequences(sequences.truncated(before))
    return Protocol(prepared, training, cases, seen=True)


@dataclass(frozen=True)
class Quality:
    """Means over the cases at 10.

    They are the NDCG (a list with the whole truth at its top has 1), the share of the truth that was found,
    the share of cases with a hit, and the share of the catalog in any list.
    """

    ndcg: float
    recall: float
    hit_rate: float
    coverage: float


def quality(protocol: Protocol, lists: Sequence[NDArray[np.integer]]) -> Quality:
    """The figures of one list per case, with ten items or more each, best first."""
    discounts = 1.0 / np.log2(np.arange(10) + 2.0)
    ndcg, recall, hit = [], [], []
    for case, found in enumerate(lists):
        truth = protocol.truth(case)
        gains = np.isin(found[:10], truth)
        ndcg.append(float((gains * discounts[: len(gains)]).sum() / discounts[: len(truth)].sum()))
        recall.append(gains.sum() / len(truth))
        hit.append(gains.any())
    shown = np.unique(np.concatenate([found[:10] for found in lists]))
    catalog = len(protocol.whole.items)
    return Quality(float(np.mean(ndcg)), float(np.mean(recall)), float(np.mean(hit)), len(shown) / catalog)


def lists_of(protocol: Protocol, score: Scorer) -> list[NDArray[np.integer]]:
    """The ten best items of each case, without seen items if the protocol excludes them."""
    found: list[NDArray[np.integer]] = []
    for user, shown in zip(protocol.cases.users, protocol.cases.shown, strict=True):
        scores = np.array(score(int(user), int(shown)), np.float32)
        if not protocol.seen:
            scores[protocol.whole.sequences.history(int(user), int(shown)).items] = -np.inf
        found.append(top_k(scores, 10))
    return found
