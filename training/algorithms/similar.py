"""Similar items: which items have the same users, and how near to each other in their histories.

The weight of a pair adds up an amount for each user in common, and 1/d for every two events that are d events
apart. It is divided by the users of `j` to a power, so that items that are specific to `i` come before what
everybody has. How much each term should count differs between data sets, so `choose` decides on validation
data. Within a row only the order counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.sparse import SparseRows
from tastemaker.models.topk import top_k
from training.algorithms import pairs, popularity
from training.data.prepared import Sequences
from training.tuning.objective import gains

SHRINKAGE = 5.0
"""Added to the number of users of an item, because a few users prove little."""

MAX_NEIGHBORS = 500
WINDOW = 30
"""The number of events ahead that count as near."""

MAX_HISTORY = 500
"""The newest items of one user that are paired with each other.

A longer history is automatic traffic, or says little.
"""

MAX_PAIRS = 100_000_000
"""The number of pairs that are counted of either kind: about half a minute and four gigabytes.

If there would be more, histories are cut shorter, and fewer events count as near.
"""

LIST_LENGTH = 25


class Weighing(NamedTuple):
    """How pairs are weighted.

    `users` is what a user in common counts where two neighboring events count 1 (infinite: only users count).
    `power` is the power of the neighbor's popularity that divides weights.
    """

    users: float = np.inf
    power: float = 0.25


USERS = (np.inf, 1.0, 0.3)
"""The weights of a user in common to try.

Never 0, because nearness alone follows the order in which a site shows its items, not what they have in
common.
"""

POWERS = (0.15, 0.3, 0.5)


def power(discount: float) -> float:
    """The power that a popularity_discount_factor of 0 … 1 asks for.

    0 favors what many have, and 1 what hardly anybody else has.
    """
    return 0.25 + 0.75 * discount


def discount(power: float) -> float:
    """The popularity_discount_factor, 0 … 1, that asks for a power, or the nearest one."""
    return min(max((power - 0.25) / 0.75, 0.0), 1.0)


@dataclass(frozen=True)
class Counted:
    """Pairs of items as sorted `keys`, row * items + column.

    `shared` is the number of users in common and `near` the nearness of each pair. `users` is the number of
    users of every item.
    """

    keys: NDArray[np.int64]
    shared: NDArray[np.float64]
    near: NDArray[np.float64]
    users: NDArray[np.int32]

    def row(self, item: int) -> slice:
        """Where the pairs of one item are."""
        items = len(self.users)
        start, end = np.searchsorted(self.keys, [item * items, (item + 1) * items])
        return slice(int(start), int(end))

    def weights(self, at: slice, weighing: Weighing) -> NDArray[np.float64]:
        """The weight of each of these pairs."""
        shared, near = self.shared[at], self.near[at]
        together = shared if np.isinf(weighing.users) else near + weighing.users * shared
        popular = self.users[self.keys[at] % len(self.users)] + SHRINKAGE
        return together / popular**weighing.power

    def rows(self, weighing: Weighing, minimum: float = 0.0) -> SparseRows:
        """Rows of positive weights, at most `MAX_NEIGHBORS` each, of pairs that `minimum` users share."""
        weights = self.weights(slice(None), weighing)
        kept = (self.shared >= minimum) & (weights > 0)
        return pairs.heaviest(self.keys[kept], weights[kept], len(self.users), MAX_NEIGHBORS)


def count(sequences: Sequences, items: int, *, nearness: bool = True) -> Counted:
    """All pairs of items with a user in common. Without `nearness`, `near` is 0."""
    keys, shared = pairs.count(_together(sequences, items), items)
    near = np.zeros(len(keys))
    if nearness and len(keys):
        near_keys, sums = pairs.count(_near(sequences), items)
        place = np.minimum(np.searchsorted(keys, near_keys), len(keys) - 1)
        found = keys[place] == near_keys  # false where a long history was cut
        near[place[found]] = sums[found]
    return Counted(keys, shared, near, popularity.distinct_users(sequences, items))


def max_history(lengths: NDArray[np.integer]) -> int:
    """How many items of each user may be paired, 2 … MAX_HISTORY, within MAX_PAIRS."""
    low, high = 2, MAX_HISTORY
    while low < high:
        middle = (low + high + 1) // 2
        paired = np.minimum(lengths, middle).astype(np.float64)
        low, high = (middle, high) if (paired * (paired - 1)).sum() <= MAX_PAIRS else (low, middle - 1)
    return low


def choose(
    counted: Counted,
    asked: Sequence[int],
    wanted: Sequence[NDArray[np.integer]],
    *,
    powers: Sequence[float] = POWERS,
    minimum: float = 0.0,
) -> tuple[Weighing, float]:
    """The weighing whose lists for the items `asked` predict best what was `wanted`, and its objective."""
    popular = top_k(counted.users.astype(np.float64), LIST_LENGTH + 1)
    candidates = [Weighing(users, one) for users in USERS for one in powers]
    reached = np.zeros(len(candidates))
    for item, truth in zip(asked, wanted, strict=True):
        at = counted.row(item)
        columns, enough = counted.keys[at] % len(counted.users), counted.shared[at] >= minimum
        lists = []
        for weighing in candidates:
            weights = np.where(enough, counted.weights(at, weighing), 0.0)
            best = columns[top_k(np.where(weights > 0, weights, -np.inf), LIST_LENGTH)]
            rest = popular[(popular != item) & ~np.isin(popular, best)]
            lists.append(np.concatenate([best, rest])[:LIST_LENGTH])
        reached += gains(lists, [truth] * len(lists))
    first = int(np.argmax(reached))
    return candidates[first], float(reached[first]) / max(len(asked), 1)


def _together(sequences: Sequences, items: int) -> Iterator[pairs.Pairs]:
    """Every ordered pair of different items of one user, 1 each."""
    pair = np.unique(sequences.owners() * items + sequences.items)
    owner, item = pair // items, pair % items
    lengths = np.bincount(owner, minlength=sequences.users)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    most = max_history(lengths)
    for user in np.flatnonzero(lengths > 1):
        mine = item[starts[user] : starts[user + 1]]
        if len(mine) > most:
            newest = sequences.history(int(user)).items[::-1]
            _, first = np.unique(newest, return_index=True)
            mine = newest[np.sort(first)[:most]].astype(np.int64)
        left, right = np.meshgrid(mine, mine, indexing="ij")
        different = left != right
        rows = left[different]
        yield rows, right[different], np.ones(len(rows), np.float32)


def _near(sequences: Sequences) -> Iterator[pairs.Pairs]:
    """Both directions of every two events of a user that are at most WINDOW apart, within MAX_PAIRS."""
    items = sequences.items
    window = min(WINDOW, max(1, MAX_PAIRS // (2 * max(len(items), 1))))
    for distance, at in pairs.steps(sequences.offsets, items, window):
        left, right = items[at], items[at + distance]
        different = left != right
        left, right = left[different], right[different]
        weights = np.full(len(left), 1.0 / distance, np.float32)
        yield left, right, weights
        yield right, left, weights
