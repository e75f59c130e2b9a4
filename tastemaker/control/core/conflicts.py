"""Repeating what another writer was faster with: every write of a record is conditional."""

from collections.abc import Callable
from typing import TypeVar

from tastemaker.errors import Conflict

MAX_ATTEMPTS = 50
"""Of the writers of a record one succeeds in each round, so as many may write at the same time."""

T = TypeVar("T")


def repeat_on_conflict(work: Callable[[], T]) -> T:
    """Do `work` again from the start, with what is stored now, while it raises Conflict.

    Nothing of it has been stored then. So changes that commute, such as adding tags, all succeed, and of
    changes that exclude each other the later one gets the reason that is true now. Raises Conflict after
    `MAX_ATTEMPTS` rounds.
    """
    for _ in range(MAX_ATTEMPTS - 1):
        try:
            return work()
        except Conflict:
            continue
    return work()
