"""Neighbors of items with hardly any interactions, by similar attributes and texts.

A cold item's row is made of the most similar known items and of their neighbors, weighted by similarity. The
item's few own users count against `PRIOR`. The item also gets a place in the rows of the known items in its
own row, after their neighbors. Validation data chooses how much texts count beside attributes, how many
similar items are used, and how much these count beside their neighbors. It does so on known items, whose own
users are ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.features import FeatureRows
from tastemaker.models.sparse import SparseRows
from tastemaker.models.topk import top_k
from training.algorithms import pairs
from training.progress import log
from training.tuning.objective import gains

COLD = 5
"""The number of interactions below which the service calls an item cold."""

PRIOR = 5.0
"""The number of interactions that similarity is worth."""

MAX_NEIGHBORS = 500
MAX_COLD_NEIGHBORS = 50
"""The number of cold items that a known item's row has room for."""

MAX_HOST_ROWS = 100
"""The number of known items whose rows may get a cold item."""

MAX_KNOWN_ITEMS = 50_000
"""The number of items that others are compared with, the most popular ones."""

MAX_CASES = 600
"""The number of validation cases that settings are chosen on."""

LIST_LENGTH = 25

COLD_WEIGHT_SCALE = 1e-3
"""The scale of a cold item's weight in a known item's row, below that of items with users."""

TEXT = (0.0, 0.3, 1.0)
"""The weights of texts to try, at most as much as attributes.

Texts of a shop's products were worth less than validation data promised.
"""

NEAREST = (20, 60)
ITSELF = (0.0, 0.1, 0.3, 1.0)


class Mixture(NamedTuple):
    """How similarity is weighted.

    `text` is the weight of the cosine of texts beside that of attributes. `nearest` is the number of similar
    items. `itself` is the weight of a similar item beside all its neighbors.
    """

    text: float = 1.0
    nearest: int = 20
    itself: float = 0.1


class Near(NamedTuple):
    """Similar items, and their shares, which add up to 1."""

    items: NDArray[np.int64]
    shares: NDArray[np.float32]


def resemblance(
    attributes: FeatureRows, texts: NDArray[np.float32] | None, interactions: NDArray[np.integer]
) -> Resemblance | None:
    """The similarity between all items and the known ones. None if there is nothing to compare by.

    `texts` is float32[items, width] with rows of length 1 or 0. `interactions` is int[items].
    """
    if not len(attributes.codes) and texts is None:
        return None
    popular = np.argsort(-interactions, kind="stable")[:MAX_KNOWN_ITEMS]
    known = popular[interactions[popular] >= COLD]
    if len(known) < NEAREST[0]:
        known = popular  # hardly any item is known, so all popular ones count
    return Resemblance(attributes, texts, known)


def choose(
    found: SparseRows,
    alike: Resemblance,
    asked: Sequence[int],
    wanted: Sequence[NDArray[np.integer]],
) -> Mixture:
    """The mixture whose rows predict best what was `wanted` after the items `asked`, if those were cold.

    Texts must gain more than a standard error. Otherwise chance would include texts that say nothing.
    """
    known = np.flatnonzero(np.isin(asked, alike.known))
    near = list(product(alike.weights, NEAREST))
    mixtures = [Mixture(*one, itself) for one in near for itself in ITSELF]
    some = np.random.default_rng(len(known)).permutation(known)[:MAX_CASES].tolist()
    reached = np.zeros((len(some), len(mixtures)))
    for place, case in enumerate(some):
        item, lists = asked[case], []
        for text, most in near:
            row = _row(found, alike.nearest(item, text, most))
            for itself in ITSELF:
                values = np.where(row.columns == item, -np.inf, row.together + itself * row.themselves)
                lists.append(row.columns[top_k(values, LIST_LENGTH)])
        reached[place] = gains(lists, [wanted[case]] * len(lists))
    if not some:
        return Mixture()
    means = reached.mean(0)
    best = int(np.argmax(means))
    plain = max((i for i, one in enumerate(mixtures) if not one.text), key=means.__getitem__, default=best)
    more = reached[:, best] - reached[:, plain]
    chosen = mixtures[best if more.mean() > more.std() / np.sqrt(len(some)) else plain]
    log(
        f"cold items: {chosen.nearest} similar items, texts count {chosen.text:g} times attributes, "
        f"a similar item counts {chosen.itself:g} times its neighbors"
    )
    return chosen


def fit(
    found: SparseRows, alike: Resemblance, mixture: Mixture, interactions: NDArray[np.integer]
) -> SparseRows:
    """`found` with rows for cold items, and with cold items in the rows of known ones."""
    items = found.items
    cold = interactions < COLD
    old = np.repeat(np.arange(items), np.diff(found.offsets))
    keys = [(old * items + found.columns)[~cold[old]]]
    weights = [found.values[~cold[old]].astype(np.float64)]
    least = np.array([found.row(item)[1].min(initial=1.0) for item in range(items)])
    for item in np.flatnonzero(cold).tolist():
        row = _row(found, alike.nearest(item, mixture.text, mixture.nearest))
        values = row.together + mixture.itself * row.themselves
        columns, values = _with_own(found, item, row.columns, values, interactions[item])
        best = top_k(values, MAX_NEIGHBORS)
        columns, values = columns[best], values[best]
        keys.append(item * items + columns)
        weights.append(values)
        others = np.flatnonzero(~cold[columns])[:MAX_HOST_ROWS]
        keys.append(columns[others] * items + item)
        weights.append(least[columns[others]] * COLD_WEIGHT_SCALE * values[others])
    key, weight = np.concatenate(keys), np.concatenate(weights)
    key, first = np.unique(key, return_index=True)  # pairs with users in common come first
    positive = weight[first] > 0
    return pairs.heaviest(key[positive], weight[first][positive], items, MAX_NEIGHBORS + MAX_COLD_NEIGHBORS)


class Resemblance:
    """Cosines of attributes (weighted by rarity) and of texts, between any item and the `known` ones."""

    def __init__(
        self, attributes: FeatureRows, texts: NDArray[np.float32] | None, known: NDArray[np.int64]
    ) -> None:
        self.known, self.texts = known, None if texts is None else texts[known]
        self._attributes, self.all_texts = attributes, texts
        items, size = len(attributes), int(attributes.codes.max(initial=-1)) + 1
        # Rare attributes say more, so they are weighted by the logarithm of how few items have them.
        frequency = np.bincount(attributes.codes, minlength=size)
        rarity = np.log1p(items / np.maximum(frequency, 1)).astype(np.float32)
        values = attributes.weights * rarity[attributes.codes]
        row = np.repeat(np.arange(items), np.diff(attributes.offsets))
        norms = np.sqrt(np.bincount(row, values * values, items)) + 1e-9
        self._values = (values / norms[row]).astype(np.float32)
        place = np.full(items, -1)
        place[known] = np.arange(len(known))
        entries = np.flatnonzero(place[row] >= 0)
        entries = entries[np.argsort(attributes.codes[entries], kind="stable")]
        self._starts = np.searchsorted(attributes.codes[entries], np.arange(size + 1))
        self._places, self._known_values = place[row[entries]], self._values[entries]

    @property
    def weights(self) -> tuple[float, ...]:
        """The weights of texts to try beside attributes. Without attributes, one weight is enough."""
        if self.texts is None:
            return (0.0,)
        return TEXT if len(self._attributes.codes) else (1.0,)

    def nearest(self, item: int, text: float, most: int) -> Near:
        """The `most` known items that are most similar to an item. `text` weighs the cosine of texts."""
        scores = np.zeros(len(self.known), np.float32)
        at = slice(self._attributes.offsets[item], self._attributes.offsets[item + 1])
        for code, value in zip(self._attributes.codes[at], self._values[at], strict=True):
            entries = slice(self._starts[code], self._starts[code + 1])
            scores[self._places[entries]] += value * self._known_values[entries]
        if self.texts is not None and self.all_texts is not None and text:
            scores += np.float32(text) * np.maximum(self.texts @ self.all_texts[item], 0.0)
        scores[(scores <= 0) | (self.known == item)] = -np.inf
        best = top_k(scores, most)
        return Near(self.known[best], scores[best] / max(float(scores[best].sum()), 1e-9))


class Row(NamedTuple):
    """Items, the weights of neighbors of similar items, and the weights of the similar items themselves."""

    columns: NDArray[np.int64]
    together: NDArray[np.float64]
    themselves: NDArray[np.float64]


def _row(found: SparseRows, near: Near) -> Row:
    """The neighbors of similar items, whose rows each add up to the item's share, and the shares."""
    totals = np.array([found.row(int(one))[1].sum() for one in near.items], np.float64)
    columns, values = found.entries(near.items, near.shares / np.maximum(totals, 1e-9))
    distinct, inverse = np.unique(np.concatenate([columns, near.items]), return_inverse=True)
    count = len(distinct)
    together, itself = inverse[: len(columns)], inverse[len(columns) :]
    return Row(distinct.astype(np.int64), _sums(together, values, count), _sums(itself, near.shares, count))


def _with_own(
    found: SparseRows,
    item: int,
    columns: NDArray[np.int64],
    values: NDArray[np.float64],
    seen: float | np.integer,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The same row, combined with the row of the item's own few interactions, without the item itself."""
    own, weights = found.row(item)
    if len(own):
        share = seen / (PRIOR + seen)
        columns = np.concatenate([columns, own])
        values = np.concatenate([values * (1 - share), weights / weights.sum() * share])
        columns, inverse = np.unique(columns, return_inverse=True)
        values = _sums(inverse, values, len(columns))
    others = (columns != item) & (values > 0)
    return columns[others], values[others]


def _sums(places: NDArray[np.integer], values: NDArray[np.floating], count: int) -> NDArray[np.float64]:
    return np.bincount(places, values, count).astype(np.float64)
