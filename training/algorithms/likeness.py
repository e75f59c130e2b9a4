"""Rows of neighbors, ordered by common users and by how alike items are.

The score of a neighbor is the logarithm of its share of the row, plus the likeness of the two items in each
attribute and in texts, each with its own weight. The weights are those that make the next items of validation
users most likely (a conditional logit, McFadden 1974), times a factor, and the same addition for categories
and texts. The largest addition counts that predicts about as well as the best weights, and the next item as
well as users in common alone: people who look at an item expect items like it, also where users do not choose
the next item by that. Numbers get no addition, because a price or a year in common is not what people call
alike.

Items with hardly any interactions come after all others by their score. So the most similar two of those that
are new get a place of their own, in the middle and near the end of the first 25.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import CATEGORICAL
from tastemaker.models.features import FeatureRows, FeatureSpace
from tastemaker.models.sparse import SparseRows, ranges
from tastemaker.models.topk import top_k
from training.algorithms import pairs
from training.algorithms.content import COLD, Resemblance
from training.progress import log
from training.tuning.objective import gains, within_chance

FACTORS = (0.0, 0.5, 1.0, 1.5, 2.0)
"""The factors of the weights that make the next items most likely, to try."""

EVENLY = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0)
"""What is added to the weights of categories and of texts, to try."""

KEPT = 0.98
"""The share of the best objective that a larger addition must keep."""

KEPT_APART = 0.9
"""The share of the objective without attributes that weights must keep where what was wanted has no order."""

NEXT_KEPT = 0.99
"""The share of NDCG@10 of the next item, without attributes, that all weights must keep."""

RIDGE = 1.0
"""The penalty of squared weights, in validation cases."""

STEPS = 20
MIN_USERS_WEIGHT = 0.2
"""The least that the logarithm of the share of users counts while weights are found."""

MAX_CASES = 600
MAX_ROWS = 50_000
"""The items whose rows are ordered anew, those with most interactions. Others keep the order of users."""

SHORT_ROW = 100
"""An item with fewer neighbors gets the items that are most like it, too."""

NEAREST = 60
NEW_PLACES = (10, 20)
"""The places of the first 25 that new items with hardly any interactions may take."""

LIST_LENGTH = 25
MISSING = 0.5
"""The share of an item without a common user, relative to the smallest share of the row."""


class Likeness:
    """How alike items are in each attribute and in texts, and how much each counts.

    `texts` is float32[items, width] with rows of length 1 or 0, or None. `weights` has one weight for each
    column of the feature space, and one for texts.
    """

    def __init__(self, space: FeatureSpace, features: FeatureRows, texts: NDArray[np.float32] | None) -> None:
        self._features, self._texts = features, texts
        self.names = [*(one.name for one in space.columns), "texts"]
        self.tells = np.array([*(one.column_type == CATEGORICAL for one in space.columns), True], np.float32)
        """1 for what people call alike: categories and texts."""
        self._values, self._column = _unit_values(space, features)
        self._codes = space.size
        self.weights = np.ones(len(self.names), np.float32)

    def columns(self, item: int, others: NDArray[np.integer]) -> NDArray[np.float32]:
        """The likeness of an item and others, 0 to 1: float32[others, columns and texts]."""
        features, width = self._features, len(self.names)
        mine = slice(features.offsets[item], features.offsets[item + 1])
        vector = np.zeros(self._codes + 1, np.float32)
        vector[features.codes[mine]] = self._values[mine]
        starts = features.offsets[others]
        lengths = features.offsets[np.asarray(others) + 1] - starts
        entries = ranges(starts, lengths)
        products = vector[features.codes[entries]] * self._values[entries]
        place = np.repeat(np.arange(len(others)), lengths) * width + self._column[entries]
        found = np.bincount(place, products, len(others) * width).reshape(len(others), width)
        if self._texts is not None:
            found[:, -1] = np.maximum(self._texts[others] @ self._texts[item], 0.0)
        return found.astype(np.float32)

    def of(self, item: int, others: NDArray[np.integer]) -> NDArray[np.float32]:
        """The weighted sum over attributes and texts: float32[others]."""
        found: NDArray[np.float32] = self.columns(item, others) @ self.weights
        return found


def _unit_values(space: FeatureSpace, features: FeatureRows) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The value of each entry, of length 1 within an item's column, and the column of each entry.

    Within a cell of several values, rare ones say more.
    """
    firsts = np.array([one.first for one in space.columns], np.int64)
    column = np.searchsorted(firsts, features.codes, side="right") - 1
    items = len(features)
    frequency = np.bincount(features.codes, minlength=space.size)
    rarity = np.log1p(items / np.maximum(frequency, 1))
    values = features.weights * rarity[features.codes]
    owner = np.repeat(np.arange(items), np.diff(features.offsets))
    place = owner * max(len(space.columns), 1) + column
    norms = np.sqrt(np.bincount(place, values * values))
    return (values / norms[place]).astype(np.float32), column


class Case(NamedTuple):
    """A validation case: candidates, the logarithm of each one's share of users, and their likeness."""

    items: NDArray[np.int64]
    users: NDArray[np.float32]
    columns: NDArray[np.float32]
    wanted: NDArray[np.integer]


def choose(
    found: SparseRows,
    likeness: Likeness,
    alike: Resemblance,
    asked: Sequence[int],
    wanted: Sequence[NDArray[np.integer]],
    *,
    in_order: bool = True,
) -> NDArray[np.float32]:
    """The weights of attributes and texts by what was `wanted` after the items `asked`.

    If what was wanted is not `in_order`, no item is the next one, and weights may lose what chance explains,
    up to a tenth. Numbers get no weight then: items of one year or price are shown together.
    """
    some = np.random.default_rng(len(asked)).permutation(len(asked))[:MAX_CASES].tolist()
    cases = []
    for case in some:
        items, users = _candidates(found, alike, asked[case])
        cases.append(Case(items, users, likeness.columns(asked[case], items), wanted[case]))
    found_weights = logit(cases)
    if found_weights is None:
        return np.ones(len(likeness.names), np.float32) if in_order else likeness.tells.copy()
    if not in_order:
        found_weights = found_weights * likeness.tells
    grid = [by * found_weights + more * likeness.tells for more, by in product(EVENLY, FACTORS)]
    each, soon = np.zeros((len(cases), len(grid))), np.zeros(len(grid))
    for place, one in enumerate(cases):
        lists = [one.items[top_k(one.users + one.columns @ weights, LIST_LENGTH)] for weights in grid]
        each[place] = gains(lists, [one.wanted] * len(lists))
        soon += next_gains(lists, one.wanted)
    reached = each.sum(0)
    if in_order:
        allowed = soon >= NEXT_KEPT * soon[0]  # the first of the grid has no weights, so one is allowed
        allowed &= reached >= KEPT * reached[allowed].max()
    else:
        allowed = within_chance(each, 0) & (reached >= KEPT_APART * reached[0])
    enough = np.flatnonzero(allowed)
    chosen = max(enough.tolist(), key=lambda place: (place // len(FACTORS), reached[place]))
    weights = grid[chosen].astype(np.float32)
    log(
        "likeness: "
        + ", ".join(f"{name} {weight:.2f}" for name, weight in zip(likeness.names, weights, strict=True))
        + f": {reached[chosen] / len(cases):.4f}, "
        f"at best {reached.max() / len(cases):.4f}, without {reached[0] / len(cases):.4f}"
    )
    return weights


def next_gains(lists: Sequence[NDArray[np.integer]], wanted: NDArray[np.integer]) -> NDArray[np.float64]:
    """NDCG@10 of each list with the first of the wanted items as truth."""
    found = np.zeros(len(lists))
    for number, ranked in enumerate(lists):
        place = np.flatnonzero(ranked[:10] == wanted[0])
        found[number] = 1.0 / np.log2(place[0] + 2) if len(place) else 0.0
    return found


def logit(cases: Sequence[Case]) -> NDArray[np.float32] | None:
    """The weights beside the logarithm of users that make the wanted items most likely; none is negative.

    Returns None if no case has a wanted item among its candidates.
    """
    usable = [one for one in cases if np.isin(one.items, one.wanted).any()]
    if not usable:
        return None
    features = np.concatenate([np.column_stack([one.users, one.columns]) for one in usable], dtype=np.float64)
    truth = np.concatenate([np.isin(one.items, one.wanted) for one in usable])
    sizes = np.array([len(one.items) for one in usable])
    case, starts = np.repeat(np.arange(len(sizes)), sizes), np.cumsum(sizes) - sizes
    share = truth / np.add.reduceat(truth.astype(np.float64), starts)[case]
    weights = np.zeros(features.shape[1])
    weights[0] = 1.0
    free = np.ones(len(weights), bool)
    for _ in range(STEPS):
        scores = features @ weights
        likely = np.exp(scores - np.maximum.reduceat(scores, starts)[case])
        likely /= np.add.reduceat(likely, starts)[case]
        means = np.add.reduceat(likely[:, None] * features, starts)
        centered = features - means[case]
        gradient = (share - likely) @ features - RIDGE * weights
        curvature = (centered * likely[:, None]).T @ centered + RIDGE * np.eye(len(weights))
        step = np.zeros(len(weights))
        step[free] = np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-9))
        weights += step
        free &= weights > 0  # a weight that would be negative stays 0
        free[0] = True
        weights[~free] = 0.0
        weights[0] = max(weights[0], MIN_USERS_WEIGHT)
    found: NDArray[np.float32] = (weights[1:] / weights[0]).astype(np.float32)
    return found


def fit(
    found: SparseRows,
    likeness: Likeness,
    alike: Resemblance,
    interactions: NDArray[np.integer],
    new: NDArray[np.bool_],
) -> SparseRows:
    """`found` in the order of users and likeness, with places for cold items that are `new`."""
    items, cold = found.items, interactions < COLD
    guests = _guests(alike, cold & new)
    rows = np.zeros(items, bool)
    rows[np.argsort(-interactions, kind="stable")[:MAX_ROWS]] = True
    keys, values = [], []
    for item in range(items):
        if not rows[item]:
            kept, shares = found.row(item)
            keys.append(item * items + kept.astype(np.int64))
            values.append(shares.astype(np.float64))
            continue
        columns, users = _candidates(found, alike, item)
        scores = users + likeness.of(item, columns)
        if not cold[item]:
            ranked = Ranked(columns, scores)
            columns, scores = _with_new(item, ranked, cold, new, guests.get(item, []), likeness)
        keys.append(item * items + columns)
        values.append(np.exp(scores.astype(np.float64) - scores.max(initial=0.0)))
    key, value = np.concatenate(keys), np.concatenate(values)
    order = np.argsort(key, kind="stable")
    return pairs.heaviest(key[order], np.maximum(value[order], 1e-30), items, len(key))


def _candidates(
    found: SparseRows, alike: Resemblance, item: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The neighbors of an item, and the logarithm of the share of users of each."""
    row, values = found.row(item)
    columns, values = row[row != item].astype(np.int64), values[row != item]
    total = float(values.sum()) or 1.0
    least = MISSING * float(values.min(initial=total)) / total
    scores = np.log(np.maximum(values / total, 1e-12))
    if len(columns) < SHORT_ROW:
        more = np.setdiff1d(alike.nearest(item, alike.weights[-1], NEAREST).items, columns)
        columns = np.concatenate([columns, more])
        scores = np.concatenate([scores, np.full(len(more), np.log(least))])
    return columns, scores.astype(np.float32)


def _guests(alike: Resemblance, new: NDArray[np.bool_]) -> dict[int, list[int]]:
    """For each known item, the new items to which it is most similar."""
    found: dict[int, list[int]] = {}
    for item in np.flatnonzero(new).tolist():
        for host in alike.nearest(item, alike.weights[-1], NEAREST).items.tolist():
            found.setdefault(host, []).append(item)
    return found


class Ranked(NamedTuple):
    """Items of a row and their scores."""

    columns: NDArray[np.int64]
    scores: NDArray[np.float32]


def _with_new(
    item: int,
    row: Ranked,
    cold: NDArray[np.bool_],
    new: NDArray[np.bool_],
    guests: Sequence[int],
    likeness: Likeness,
) -> Ranked:
    """The row with its most similar new items at `NEW_PLACES`, and all other cold items last.

    A new item gets a place only if it is as much like the item as half of the row's first ten are.
    """
    known = ~cold[row.columns]
    last = np.union1d(row.columns[~known], np.asarray(guests, np.int64)).astype(np.int64)
    columns, scores = row.columns[known], row.scores[known]
    if not len(last):
        return Ranked(columns, scores)
    best = top_k(scores, LIST_LENGTH)
    first = columns[best[: NEW_PLACES[0]]]
    least = float(np.median(likeness.of(item, first))) if len(best) else 0.0
    like = likeness.of(item, last)
    order = np.lexsort((-like, ~new[last]))
    last, like = last[order], like[order]
    values = scores.min(initial=0.0) - 1.0 - np.arange(len(last), dtype=np.float32)
    for place, rank in enumerate(NEW_PLACES[: np.count_nonzero(new[last])]):
        if like[place] >= least and like[place] > 0:
            # The row has `rank - 1 - place` known items before it.
            behind = min(rank - 1 - place, len(best)) - 1
            values[place] = np.nextafter(scores[best[behind]], -np.inf) if behind >= 0 else 0.0
    return Ranked(np.concatenate([columns, last]), np.concatenate([scores, values.astype(np.float32)]))
