"""Repeating what another writer was faster with: every write of a record is conditional."""

import time
from collections.abc import Callable
from random import Random
from typing import TypeVar

from tastemaker.errors import Conflict

MAX_ATTEMPTS = 50
"""Of the writers of a record one succeeds in each round, so as many may write at the same time."""
FIRST_PAUSE_SECONDS = 0.01
MAX_PAUSE_SECONDS = 0.2

T = TypeVar("T")


def repeat_on_conflict(
    work: Callable[[], T], *, sleep: Callable[[float], None] = time.sleep, rng: Random | None = None
) -> T:
    """Do `work` again from the start, with what is stored now, while it raises Conflict.

    Nothing of it has been stored then. So changes that commute, such as adding tags, all succeed, and of
    changes that exclude each other the later one gets the reason that is true now. Between two rounds it
    waits: twice as long each time, times a random share, so that the writers do not meet again ("Exponential
    Backoff And Jitter", AWS Architecture Blog, 2015). Raises Conflict after `MAX_ATTEMPTS` rounds.
    """
    rng = rng or Random()
    for attempt in range(MAX_ATTEMPTS - 1):
        try:
            return work()
        except Conflict:
            longest = min(FIRST_PAUSE_SECONDS * 2.0**attempt, MAX_PAUSE_SECONDS)
            sleep(longest * rng.random())
    return work()
