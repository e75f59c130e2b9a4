"""Who is held out, and what of theirs.

The test split is the service's: 10 % of users are kept out of training; of each, the oldest 90 % of events
are what the model is shown and the newest 10 % what it should have foretold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.prepared import Sequences

TEST_SHARE = 0.1
TAIL_SHARE = 0.1
MOST_TEST_USERS = 10_000
"""Beyond this a larger sample only costs time: metrics are exact to some thousandths."""
VALIDATION_USERS = 2000
"""Enough to tell models apart by less than a hundredth, few enough to be scored in seconds."""

VALIDATION_SHARE = 0.2
"""Of all events, what is withheld from them at most: the rest has to be learned from."""


@dataclass(frozen=True)
class Cases:
    """Users with the number of events that are shown of each; the rest of their events is the truth."""

    users: NDArray[np.int64]
    shown: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.users)


def shown(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of a user's events are shown: all but the newest 10 %, which is at least one event."""
    return lengths - np.maximum(np.round(lengths * TAIL_SHARE).astype(np.int64), 1)


def test_cases(sequences: Sequences, seed: int) -> Cases:
    """A tenth of the users who have two events or more (at least one user), drawn with the seed."""
    able = np.flatnonzero(sequences.lengths >= 2)
    count = min(len(able), MOST_TEST_USERS, max(1, round(len(able) * TEST_SHARE)))
    users = np.sort(np.random.default_rng([seed, 1]).permutation(able)[:count])
    return Cases(users, shown(sequences.lengths[users]))


def validation_cases(sequences: Sequences, seed: int) -> Cases:
    """Users whose newest events are withheld to choose settings; their older events stay in training.

    Where histories are short, a user's newest event is much of what they did: fewer users are taken then.
    """
    lengths = sequences.lengths
    able = np.random.default_rng([seed, 2]).permutation(np.flatnonzero(lengths >= 2))
    withheld = np.cumsum(lengths[able] - shown(lengths[able]))
    most = max(1, int(np.searchsorted(withheld, VALIDATION_SHARE * lengths.sum(), "right")))
    users = np.sort(able[: min(most, VALIDATION_USERS)])
    return Cases(users, shown(lengths[users]))


def without(sequences: Sequences, cases: Cases, *, whole: bool) -> Sequences:
    """Training events without the cases' users (`whole`), or without only their truth."""
    ends = sequences.lengths.copy()
    ends[cases.users] = 0 if whole else cases.shown
    return sequences.truncated(ends)


def says_context(cases: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Which validation cases, by number, are asked with the context of the event that came next: every other
    one, since some programs say the context of a request and some do not, and one blend answers both.
    """
    return cases % 2 == 0
