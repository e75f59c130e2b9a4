"""Similar items: which items have the same users, beyond what the users' time and activity explain.

Users in common show likeness only as far as they exceed what chance gives. Two items that a site showed in
the same months to the same active people have many users in common, although nobody chose one because of the
other. So the weight of a pair is divided by its expected users in common to a power: the users of `i`, each
with the popularity of `j` among the users of the same time, in proportion to the number of items that each
user has. A user with more than `FULL_ITEMS` says less about each pair, and counts less by the root of their
number.

Every two events that are d events apart add 1/d, weighted in the same way. How much nearness and the expected
number should count differs between data sets, so `choose` decides on validation data. Within a row only the
order counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.sparse import SparseRows
from tastemaker.models.topk import top_k
from training.algorithms import pairs, popularity
from training.data.prepared import Sequences
from training.tuning.objective import gains, within_chance

PRIOR_USERS = 20.0
"""The users that are added to an item's own where expected users in common are found: few prove little."""

FULL_ITEMS = 50
"""The items up to which a user counts 1 in each pair."""

COHORTS = 10
"""The groups of users by the time of their events, within which popularity is counted."""

MIN_COHORT_USERS = 50

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
    `power` is the power of the expected users in common, which divides weights.
    """

    users: float = np.inf
    power: float = 0.5


ONLY_USERS = (np.inf,)
USERS = (*ONLY_USERS, 1.0, 0.3)
"""The weights of a user in common to try.

Never 0, because nearness alone follows the order in which a site shows its items, not what they have in
common.
"""

POWERS = (0.15, 0.3, 0.5, 0.75, 0.9)


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

    `shared` is the users in common of each pair, `near` its nearness, and `expected` the users in common that
    time and activity alone would give it if the second item had `PRIOR_USERS` more users. A user with many
    items counts less than 1 in all three. `users` is the number of users of every item.
    """

    keys: NDArray[np.int64]
    shared: NDArray[np.float64]
    near: NDArray[np.float64]
    expected: NDArray[np.float32]
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
        weights: NDArray[np.float64] = together / self.expected[at] ** np.float32(weighing.power)
        return weights

    def rows(self, weighing: Weighing) -> SparseRows:
        """Rows of positive weights, at most `MAX_NEIGHBORS` each."""
        weights = self.weights(slice(None), weighing)
        kept = weights > 0
        return pairs.heaviest(self.keys[kept], weights[kept], len(self.users), MAX_NEIGHBORS)


class Holdings(NamedTuple):
    """The distinct items of each user, those that are paired: `owner` and `item` of each.

    `weight` [users] is what each user counts in a pair.
    """

    owner: NDArray[np.int64]
    item: NDArray[np.int64]
    weight: NDArray[np.float64]


def count(sequences: Sequences, items: int, *, nearness: bool = True, minimum: float = 0.0) -> Counted:
    """All pairs of items that `minimum` users or more have in common. Without `nearness`, `near` is 0."""
    held = _holdings(sequences, items)
    keys, shared = pairs.count(_together(held, held.weight), items)
    if minimum > 1:
        enough = pairs.count(_together(held, np.ones(sequences.users)), items)[1] >= minimum
        keys, shared = keys[enough], shared[enough]
    near = np.zeros(len(keys))
    if nearness and len(keys):
        near_keys, sums = pairs.count(_near(sequences, held.weight), items)
        place = np.minimum(np.searchsorted(keys, near_keys), len(keys) - 1)
        found = keys[place] == near_keys  # false where a long history was cut
        near[place[found]] = sums[found]
    expected = _expected(sequences, held, items, keys)
    return Counted(keys, shared, near, expected, popularity.distinct_users(sequences, items))


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
    users: Sequence[float] = USERS,
    powers: Sequence[float] = POWERS,
    specific: bool = False,
) -> tuple[Weighing, float]:
    """The weighing whose lists for the items `asked` predict best what was `wanted`, and its objective.

    If lists should be `specific`, it is the one with the highest power that loses no more than chance
    explains: where what comes next is what a site shows, popular items are wanted for that alone.
    """
    popular = top_k(counted.users.astype(np.float64), LIST_LENGTH + 1)
    candidates = [Weighing(*one) for one in product(users, powers)]
    each = np.zeros((len(asked), len(candidates)))
    for case, (item, truth) in enumerate(zip(asked, wanted, strict=True)):
        at = counted.row(item)
        columns = counted.keys[at] % len(counted.users)
        lists = []
        for weighing in candidates:
            weights = counted.weights(at, weighing)
            best = columns[top_k(np.where(weights > 0, weights, -np.inf), LIST_LENGTH)]
            rest = popular[(popular != item) & ~np.isin(popular, best)]
            lists.append(np.concatenate([best, rest])[:LIST_LENGTH])
        each[case] = gains(lists, [truth] * len(lists))
    reached = each.sum(0) / max(len(asked), 1)
    chosen = int(np.argmax(reached))
    if specific:
        enough = np.flatnonzero(within_chance(each, chosen)).tolist()
        chosen = max(enough, key=lambda place: (candidates[place].power, reached[place]))
    return candidates[chosen], float(reached[chosen])


def _holdings(sequences: Sequences, items: int) -> Holdings:
    """The items that are paired: of a user with too many, the newest."""
    pair = np.unique(sequences.owners() * items + sequences.items)
    owner, item = pair // items, pair % items
    lengths = np.bincount(owner, minlength=sequences.users)
    most = max_history(lengths)
    kept = np.ones(len(owner), bool)
    for user in np.flatnonzero(lengths > most):
        newest = sequences.history(int(user)).items[::-1]
        _, first = np.unique(newest, return_index=True)
        start = int(np.searchsorted(owner, user))
        mine = slice(start, start + int(lengths[user]))
        kept[mine] = np.isin(item[mine], newest[np.sort(first)[:most]])
    weight = np.sqrt(FULL_ITEMS / np.clip(lengths, FULL_ITEMS, max(most, FULL_ITEMS)))
    return Holdings(owner[kept], item[kept], weight)


def _together(held: Holdings, weight: NDArray[np.float64]) -> Iterator[pairs.Pairs]:
    """Every ordered pair of different items of one user, with the user's weight."""
    starts = np.searchsorted(held.owner, np.arange(len(weight) + 1))
    for user in np.flatnonzero(np.diff(starts) > 1):
        mine = held.item[starts[user] : starts[user + 1]]
        left, right = np.meshgrid(mine, mine, indexing="ij")
        different = left != right
        rows = left[different]
        yield rows, right[different], np.full(len(rows), weight[user], np.float32)


def _near(sequences: Sequences, weight: NDArray[np.float64]) -> Iterator[pairs.Pairs]:
    """Both directions of every two events of a user that are at most WINDOW apart, within MAX_PAIRS."""
    items, counts = sequences.items, weight[sequences.owners()].astype(np.float32)
    window = min(WINDOW, max(1, MAX_PAIRS // (2 * max(len(items), 1))))
    for distance, at in pairs.steps(sequences.offsets, items, window):
        at = at[items[at] != items[at + distance]]
        left, right, weights = items[at], items[at + distance], counts[at] / np.float32(distance)
        yield left, right, weights
        yield right, left, weights


def _expected(
    sequences: Sequences, held: Holdings, items: int, keys: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The users in common of each pair that time and activity alone would give.

    A user of `i` with n items has `j` with n times the share of `j` among all items of the user's cohort. The
    prior users of `j` are spread over all cohorts.
    """
    cohort, cohorts = _cohorts(sequences)
    at = cohort[held.owner] * items + held.item
    has = np.bincount(at, minlength=cohorts * items).reshape(cohorts, items)
    drawn = (held.weight * np.bincount(held.owner, minlength=sequences.users))[held.owner]
    given = np.bincount(at, drawn, cohorts * items).reshape(cohorts, items).astype(np.float32)
    shares = (has / np.maximum(has.sum(1, keepdims=True), 1)).astype(np.float32)
    prior = given.sum(0) * np.float32(PRIOR_USERS / max(len(held.item), 1))
    expected = np.empty(len(keys), np.float32)
    for begin in range(0, len(keys), pairs.CHUNK):
        part = keys[begin : begin + pairs.CHUNK]
        row, column = part // items, part % items
        sums = prior[row]
        for one in range(cohorts):
            sums += given[one, row] * shares[one, column]
        expected[begin : begin + pairs.CHUNK] = sums
    return expected


def _cohorts(sequences: Sequences) -> tuple[NDArray[np.int64], int]:
    """The cohort of each user by the mean time of the user's events, and how many cohorts there are."""
    active = np.flatnonzero(sequences.lengths)
    cohorts = int(np.clip(len(active) // MIN_COHORT_USERS, 1, COHORTS))
    sums = np.bincount(sequences.owners(), sequences.times.astype(np.float64), sequences.users)
    means = sums[active] / sequences.lengths[active]
    cohort = np.zeros(sequences.users, np.int64)
    cohort[active[np.argsort(means, kind="stable")]] = np.arange(len(active)) * cohorts // max(len(active), 1)
    return cohort, cohorts
