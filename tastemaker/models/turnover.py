"""Which items of a catalog with turnover are still live, and which are idle.

News, auctions and events get interactions for a short time and none afterwards. Training recognizes such a
catalog (`training.data.turnover`), and its bundle says how long an item lives and how long it pauses.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.masks import Flags

NEWEST_ITEMS, NEWEST_SHARE = 50, 10
"""Time is read from the fiftieth newest item, and in a small catalog from the newest tenth.

So one event with a wrong time does not make all others idle.
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


def newest_activity(last: NDArray[np.int64], latest: int) -> int:
    """The time from which ages are counted back: that of the newest items, and not after `latest`."""
    if not len(last):
        return latest
    place = len(last) - min(NEWEST_ITEMS, max(len(last) // NEWEST_SHARE, 1))
    return min(int(np.partition(last, place)[place]), latest)


def live_items(activity: Activity, latest: int, turnover: Turnover) -> Flags:
    """The items that are live at the newest activity: bool[items].

    `latest` is the time of the newest interaction in the data.
    """
    newest = newest_activity(activity.last, latest)
    live: Flags = (newest - activity.born <= turnover.life) | (newest - activity.last <= turnover.pause)
    live.flags.writeable = False  # so that what is derived from it can be cached
    return live
