"""Which items of a catalog with turnover are still live, and which are idle.

News, auctions and events get interactions for a short time and none afterwards. Training recognizes such a
catalog (`training.data.turnover`), and its bundle says how long an item lives and how long it pauses.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.masks import Flags

NEWEST_SHARE, MIN_NEWEST, MAX_NEWEST, SMALL_SHARE = 1_000, 5, 50, 10
"""Time is read after the newest thousandth of the items, which are 5 to 50, and at most a tenth of them.

So a few events with wrong times do not make all others idle. A slow catalog gets 50 new items in weeks, so
that more would be asked in the past.
"""


class Turnover(NamedTuple):
    """An item is live for `life` seconds, and after that for `pause` seconds from each interaction."""

    life: int
    pause: int


class Activity(NamedTuple):
    """When each item was born and last active: int64[items] each, in seconds since 1970.

    An item is born with its creation, or with its oldest interaction if its creation is not known.
    """

    born: NDArray[np.int64]
    last: NDArray[np.int64]


def newest_activity(last: NDArray[np.int64], latest: int, newest: int | None = None) -> int:
    """The time from which ages are counted back: that of the newest items, and not after `latest`.

    `newest` is how many items are the newest ones. By default, this depends on the number of items.
    """
    if not len(last):
        return latest
    if newest is None:
        newest = min(max(len(last) // NEWEST_SHARE, MIN_NEWEST), MAX_NEWEST)
    place = len(last) - min(newest, max(len(last) // SMALL_SHARE, 1))
    return min(int(np.partition(last, place)[place]), latest)


def live_items(activity: Activity, latest: int, turnover: Turnover) -> Flags:
    """The items that are live at the newest activity: bool[items].

    `latest` is the time of the newest interaction in the data.
    """
    newest = newest_activity(activity.last, latest)
    live: Flags = (newest - activity.born <= turnover.life) | (newest - activity.last <= turnover.pause)
    live.flags.writeable = False  # so that what is derived from it can be cached
    return live
