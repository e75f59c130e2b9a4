"""Which users belong to which process: each has a range of them, in the order of their ids.

Ranges have about equally many events, unless one user has more than a range's share. In the order of ranks,
users are in the order of one process that has all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from training.distributed.process_group import ProcessGroup
from training.errors import NotEnoughDataError

SAMPLED_EVENTS = 50_000
"""The most events that decide where ranges begin. Their number of a range varies by less than a hundredth."""


@dataclass(frozen=True)
class UserRange:
    """The users from `first`, and before `end`. None is no limit."""

    first: str | None = None
    end: str | None = None

    def mask(self, users: pa.ChunkedArray) -> NDArray[np.bool_]:
        """Which rows of a text column belong to users in the range."""
        parts = [np.zeros(0, bool)]
        for chunk in users.chunks:
            coded = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
            inside = np.append(self._inside(coded.dictionary), False)  # the last one is null's
            parts.append(inside[coded.indices.fill_null(len(inside) - 1).to_numpy()])
        return np.concatenate(parts)

    def only(self, table: pa.Table) -> pa.Table:
        """The rows of the range, by the column USER_ID. Nothing of other users stays in memory."""
        if self == EVERYONE:
            return table
        table = table.filter(pa.array(self.mask(table["USER_ID"])))
        if not pa.types.is_dictionary(table["USER_ID"].type):
            return table
        own = table["USER_ID"].cast(pa.string()).dictionary_encode()  # without the texts of other users
        return table.set_column(table.column_names.index("USER_ID"), "USER_ID", own)

    def _inside(self, texts: pa.Array) -> NDArray[np.bool_]:
        inside = np.ones(len(texts), bool)
        if self.first is not None:
            inside &= pc.greater_equal(texts, pa.scalar(self.first, texts.type)).to_numpy(False)
        if self.end is not None:
            inside &= pc.less(texts, pa.scalar(self.end, texts.type)).to_numpy(False)
        return inside


EVERYONE = UserRange()


def ranges(firsts: Sequence[str]) -> list[UserRange]:
    """The ranges that begin with these users, the first one with any user."""
    limits = [None, *firsts[1:], None]
    return [UserRange(first, end) for first, end in pairwise(limits)]


def range_of(columns: Iterable[pa.ChunkedArray], group: ProcessGroup) -> UserRange:
    """This process's range, from the columns with the users of all events, one file or row group at a time.

    Each process finds the same ranges from a sample of the events. Raises NotEnoughDataError.
    """
    if group.size == 1:
        return EVERYONE
    sample: list[str] = []
    every, at = 1, 0
    for column in columns:
        while len(sample) + len(column) // every > SAMPLED_EVENTS:
            sample, every = sample[::2], every * 2
        sample += column.take(pa.array(np.arange(-at % every, len(column), every))).drop_null().to_pylist()
        at += len(column)
    sample.sort(key=lambda text: text.encode())
    return ranges(_firsts(sample, group.size))[group.rank]


def _firsts(sample: Sequence[str], count: int) -> list[str]:
    """The users that begin the ranges, from the sorted users of some events. Raises NotEnoughDataError.

    If a user has the events of several ranges, the next ranges begin with the next users.
    """
    users = list(dict.fromkeys(sample))
    if len(users) < count:
        raise NotEnoughDataError(
            f"There are only {len(users)} users in {len(sample):,} sampled events, too few for {count} "
            "processes. Use fewer instances."
        )
    place = {user: number for number, user in enumerate(users)}
    found: list[int] = []
    for rank in range(count):
        wanted = place[sample[len(sample) * rank // count]]
        after = found[-1] + 1 if found else 0
        found.append(min(max(wanted, after), len(users) - count + rank))  # one user is left for each range
    return [users[number] for number in found]
