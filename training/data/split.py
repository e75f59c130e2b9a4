"""Which users and events are held out.

The test split is the service's: 10 % of users are kept out of training. The model is shown the oldest 90 % of
their events, and must predict the newest 10 %.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.data.baskets import between
from training.data.prepared import Sequences

TEST_SHARE = 0.1
TAIL_SHARE = 0.1
MAX_TEST_USERS = 10_000
"""More test users only cost time: metrics are exact to some thousandths."""
MAX_VALIDATION_USERS = 2000
"""Enough to tell models apart by less than a hundredth, and few enough to score in seconds."""

MAX_VALIDATION_SHARE = 0.2
"""The largest share of all events that is withheld for validation. The rest is needed for learning."""


@dataclass(frozen=True)
class Cases:
    """This process's users with the number of events that are shown. Their other events are the truth.

    Cases are numbered over all processes; `first` is the number of this process's first one.
    """

    users: NDArray[np.int64]
    shown: NDArray[np.int64]
    first: int = 0

    def __len__(self) -> int:
        return len(self.users)

    def numbers(self) -> NDArray[np.int64]:
        """The number of each case."""
        return self.first + np.arange(len(self))

    def only(self, numbers: NDArray[np.int64]) -> Cases:
        """The cases with these numbers, rising, which are numbered anew."""
        begin, end = np.searchsorted(numbers, [self.first, self.first + len(self)])
        take = numbers[begin:end] - self.first
        return Cases(self.users[take], self.shown[take], int(begin))


def shown(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of a user's events that are shown: all but the newest 10 %, which is at least one event."""
    return lengths - np.maximum(np.round(lengths * TAIL_SHARE).astype(np.int64), 1)


def test_cases(sequences: Sequences, seed: int) -> Cases:
    """A tenth of the users with two events or more (at least one user), drawn with the seed."""
    able, total = _able(sequences)
    count = min(total, MAX_TEST_USERS, max(1, round(total * TEST_SHARE)))
    return able.only(np.sort(np.random.default_rng([seed, 1]).permutation(total)[:count]))


def validation_cases(sequences: Sequences, seed: int) -> Cases:
    """Users whose newest events are withheld to choose settings. Their older events stay in training.

    Where histories are short, a user's newest event is a large part of the history, so fewer users are taken.
    Where events are baskets, a history is split between two of them, because requests come before a basket.
    """
    group = sequences.group
    able, total = _able(sequences)
    able = replace(able, shown=between(sequences, able.users, able.shown))
    withheld, _ = group.joined(sequences.lengths[able.users] - able.shown)
    order = np.random.default_rng([seed, 2]).permutation(total)
    allowed = MAX_VALIDATION_SHARE * sequences.total()
    most = max(1, int(np.searchsorted(np.cumsum(withheld[order]), allowed, "right")))
    return able.only(np.sort(order[: min(most, MAX_VALIDATION_USERS)]))


def _able(sequences: Sequences) -> tuple[Cases, int]:
    """All users with two events or more as cases, and the number of those of all processes."""
    users = np.flatnonzero(sequences.lengths >= 2)
    counts = sequences.group.gather(len(users))
    first = sum(counts[: sequences.group.rank])
    return Cases(users, shown(sequences.lengths[users]), first), sum(counts)


def without(sequences: Sequences, cases: Cases, *, whole: bool) -> Sequences:
    """The training events without the users of the cases (`whole`), or without only their truth."""
    ends = sequences.lengths.copy()
    ends[cases.users] = 0 if whole else cases.shown
    return sequences.truncated(ends)


def says_context(cases: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Which validation cases, by number, are asked with the context of the next event: every other one.

    Some programs give the context of a request and some do not, and one blend answers both.
    """
    even: NDArray[np.bool_] = cases % 2 == 0
    return even
