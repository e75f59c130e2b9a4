"""Which items of a catalog with turnover are still live, and which are idle.

News, auctions and events get interactions for a short time and none afterwards. Training recognizes such a
catalog (`training.data.turnover`), and its bundle says after how long without an interaction an item is idle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.scores import Mask

NEWEST_ITEMS, NEWEST_SHARE = 50, 10
"""Time is read from the fiftieth newest item, and in a small catalog from the newest tenth.

So one event with a wrong time does not make all others idle.
"""


def newest_activity(active: NDArray[np.int64], latest: int) -> int:
    """The time from which idleness is counted back: that of the newest items, and not after `latest`."""
    if not len(active):
        return latest
    place = len(active) - min(NEWEST_ITEMS, max(len(active) // NEWEST_SHARE, 1))
    return min(int(np.partition(active, place)[place]), latest)


def live_items(active: NDArray[np.int64], latest: int, limit: int) -> Mask:
    """The items that were active at most `limit` seconds before the newest activity: bool[items].

    `active` has the time of each item's newest interaction, or of its creation if it has none. `latest` is
    the time of the newest interaction. Times are in seconds since 1970.
    """
    live: Mask = newest_activity(active, latest) - active <= limit
    live.flags.writeable = False  # so that what is derived from it can be cached
    return live
