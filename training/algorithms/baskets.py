"""What is bought together: how many baskets hold both items, beside what other data say.

Imported data has no sessions, so a basket is a run of a user's events with less than an hour between them. A
pair in a basket of two counts 1. In a larger basket it counts less, by the root of the size, because a
week's shopping holds all sorts of things. A pair on one day counts a fraction of it, because users differ in
how they spread their purchases. Items that most baskets hold are in most lists, so a pair counts less, the
more baskets hold its second item.

Few baskets prove little: most pairs that were seen once were seen by chance. So each item also has other
neighbors, by all that is known of items and users, as if they had been seen together in some baskets: the
first in `strength`, the second in half as many, the third in a third. Where many baskets hold an item, they
decide, and where none do, the other neighbors are the list. `choose` decides on withheld baskets how much
these count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.models.sparse import SparseRows
from tastemaker.models.topk import top_k
from training.algorithms import pairs
from training.data.baskets import baskets
from training.data.prepared import Sequences

SAME_DAY = 0.25
"""What a pair on one day counts, where a pair in one basket counts 1. This is a choice."""

PRIOR_BASKETS = 20.0
"""The baskets that are added to those with an item where its popularity is discounted: few prove little."""

WINDOW = 60
"""How many of a user's later events are paired with an event. Longer baskets are wholesalers'."""

MAX_NEIGHBORS = 500
LIST_LENGTH = 10
ASKED_PER_BASKET = 3
POPULARITY = 0.25
"""The power of the baskets with the second item that divides what a pair counts.

0 favors what everybody buys. This is a choice between readers and metrics: docs/models.md compares others.
"""

STRENGTH = 16.0
"""The baskets that the first of the other neighbors counts, if the data cannot tell."""

STRENGTHS = (1.0, 4.0, STRENGTH, 64.0)


class Questions(NamedTuple):
    """Items of withheld baskets that are asked for, and the rest of the basket of each."""

    asked: list[int]
    wanted: list[NDArray[np.integer]]


@dataclass(frozen=True)
class Counted:
    """Pairs of items as sorted `keys`, row * items + column.

    `together` is what the baskets of each pair count, and `held` the number of baskets with each item, of
    `baskets` in all.
    """

    keys: NDArray[np.int64]
    together: NDArray[np.float64]
    held: NDArray[np.int64]
    baskets: int

    def news(self) -> NDArray[np.float64]:
        """How little each item is expected in a basket: the logarithm of 1 / its share of all baskets."""
        news: NDArray[np.float64] = np.log((self.baskets + 1) / (self.held + 1))
        return news

    def row(self, item: int, others: SparseRows) -> Row:
        """The neighbors of one item."""
        items = len(self.held)
        at = slice(*np.searchsorted(self.keys, [item * items, (item + 1) * items]).tolist())
        columns = self.keys[at] % items
        other, likeness = others.row(item)
        found, place = np.unique(np.concatenate([columns, other]), return_inverse=True)
        seen, nearness = np.zeros(len(found)), np.zeros(len(found))
        seen[place[: len(columns)]] = self.together[at]
        nearness[place[len(columns) :]] = 1 / _ranks(likeness)
        return Row(found, seen, self.held[found], nearness)

    def rows(self, others: SparseRows, strength: float) -> SparseRows:
        """Rows of positive weights, at most `MAX_NEIGHBORS` each."""
        items = len(self.held)
        columns = self.keys % items
        seen = self.together * _discount(self.held[columns])
        nearness = np.concatenate([np.zeros(0), *(1 / _ranks(others.row(item)[1]) for item in range(items))])
        owners = np.repeat(np.arange(items), np.diff(others.offsets))
        both = [
            (self.keys // items, columns, seen.astype(np.float32)),
            (owners, others.columns.astype(np.int64), (strength * nearness).astype(np.float32)),
        ]
        return pairs.heaviest(*pairs.count(both, items), items, MAX_NEIGHBORS)


class Row(NamedTuple):
    """The neighbors of one item.

    `seen` is what baskets with the item and each neighbor count, and `held` all baskets with the neighbor.
    `nearness` is 1 / the neighbor's place among the other neighbors, 0 if it is none of them.
    """

    items: NDArray[np.int64]
    seen: NDArray[np.float64]
    held: NDArray[np.int64]
    nearness: NDArray[np.float64]

    def best(self, strength: float) -> NDArray[np.int64]:
        """The first items of the list, best first."""
        weights = self.seen * _discount(self.held) + strength * self.nearness
        return self.items[top_k(weights, LIST_LENGTH)]


def _discount(held: NDArray[np.int64]) -> NDArray[np.float64]:
    """What a basket with an item counts, by the number of baskets with it."""
    discount: NDArray[np.float64] = (1 + held / PRIOR_BASKETS) ** -POPULARITY
    return discount


def _ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """The place of each value among them, 1 for the largest."""
    ranks = np.empty(len(values))
    ranks[np.argsort(-values, kind="stable")] = np.arange(1, len(values) + 1)
    return ranks


def count(sequences: Sequences, items: int) -> Counted:
    """All pairs of items that were bought in one basket or on one day."""
    held_in = baskets(sequences)
    events = _distinct(sequences, held_in)
    keys, sums = pairs.count(_together(sequences, held_in, events), items)
    held = np.bincount(sequences.items[events], minlength=items)
    return Counted(keys, sums, held, int(held_in.max(initial=-1)) + 1)


def choose(counted: Counted, others: SparseRows, questions: Questions) -> tuple[float, float]:
    """The strength whose lists find most on the questions, and the gain that it reaches, 0 to 1.

    A found item counts by its news, because what everybody buys is often right and tells nobody anything.
    """
    news = counted.news()
    sums = np.zeros(len(STRENGTHS))
    for item, right in zip(*questions, strict=True):
        row = counted.row(item, others)
        sums += [gain(row.best(strength), right, news) for strength in STRENGTHS]
    best = int(np.argmax(sums))
    return STRENGTHS[best], float(sums[best]) / max(len(questions.asked), 1)


def gain(best: NDArray[np.integer], right: NDArray[np.integer], news: NDArray[np.float64]) -> float:
    """The discounted cumulative gain of a list, relative to that of the right items with most news first."""
    discounts = 1 / np.log2(np.arange(2, LIST_LENGTH + 2))
    ideal = np.sort(news[right])[::-1][:LIST_LENGTH]
    most = float(ideal @ discounts[: len(ideal)])
    found = np.where(np.isin(best, right), news[best], 0.0)
    return float(found @ discounts[: len(best)]) / most if most else 0.0


def withhold(sequences: Sequences, most: int, seed: int) -> tuple[Sequences, Questions]:
    """The events without the newest basket of some users, and at most `most` questions about these baskets.

    Baskets of one item are no questions, and at most half of the users lose one. A basket is asked for
    several of its items.
    """
    rng = np.random.default_rng([seed, 16])
    held_in = baskets(sequences)
    ends, questions = sequences.lengths.copy(), Questions([], [])
    able = np.flatnonzero(sequences.lengths > 1)
    for user in rng.permutation(able)[: len(able) // 2]:
        if len(questions.asked) >= most:
            break
        first, last = sequences.offsets[user : user + 2].tolist()
        begin = int(np.searchsorted(held_in[first:last], held_in[last - 1]))
        items = np.unique(sequences.items[first + begin : last])
        if begin and len(items) > 1:
            ends[user] = begin
            for one in rng.permutation(items)[:ASKED_PER_BASKET].tolist():
                questions.asked.append(one)
                questions.wanted.append(items[items != one])
    return sequences.truncated(ends), questions


def _distinct(sequences: Sequences, held_in: NDArray[np.int64]) -> NDArray[np.int64]:
    """The events, in order, without those whose item is already in the basket."""
    order = np.lexsort((np.arange(len(held_in)), sequences.items, held_in))
    item, basket = sequences.items[order], held_in[order]
    first = np.ones(len(order), bool)
    first[1:] = (item[1:] != item[:-1]) | (basket[1:] != basket[:-1])
    return np.sort(order[first])


def _together(
    sequences: Sequences, held_in: NDArray[np.int64], events: NDArray[np.int64]
) -> Iterator[pairs.Pairs]:
    """Both directions of every pair within a basket or a day."""
    item, time, basket = sequences.items[events].astype(np.int64), sequences.times[events], held_in[events]
    owners = sequences.owners()[events]
    offsets = np.searchsorted(owners, np.arange(sequences.users + 1))
    share = np.sqrt(np.sqrt(2 / np.maximum(np.bincount(basket), 2)))[basket]  # each item's part of a pair
    for distance, at in pairs.steps(offsets, item, WINDOW):
        other = at + distance
        same = basket[at] == basket[other]
        near = same | (time[other] - time[at] <= DAY_SECONDS)
        if not near.any():
            return  # events are ordered by time, so events further ahead are later still
        near &= item[at] != item[other]
        at, other = at[near], other[near]
        weight = (np.where(same[near], 1.0, SAME_DAY) * share[at] * share[other]).astype(np.float32)
        yield item[at], item[other], weight
        yield item[other], item[at], weight
