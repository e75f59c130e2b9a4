"""Neighbours of items that hardly anybody has touched: by what their attributes and texts resemble.

A cold item's row is made of the known items that it resembles most and of what goes with those, each by how
much it resembles; the few users that it has count as what they are, few against `PRIOR`. The other way round,
a cold item comes behind the neighbours of the items that it resembles. How much texts say beside attributes,
and how much the resembling items themselves beside what goes with them, is chosen on known items whose users
are looked away from.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.metrics import hits, ndcg
from tastemaker.models.features import FeatureRows
from tastemaker.models.sparse import SparseRows
from tastemaker.ranking.topk import top_k
from training.fit import pairs
from training.progress import say

COLD = 5
"""Interactions below which the service calls an item cold."""

PRIOR = 5.0
"""What is known by resemblance counts like so many interactions."""

NEAREST = 20
SHARPNESS = 3
"""Power of a resemblance."""

MOST = 500
MOST_BEHIND = 50
"""Cold items that a known item's row has room for."""

MOST_KNOWN = 50_000
"""Items that others are compared with, the most popular."""

JUDGED = 300
"""Known items that settings are chosen on."""

BEHIND = 1e-3
"""Scale of a cold item's weight in a known item's row, below those of items with users."""

TEXT = (0.0, 0.3, 1.0, 3.0)
ITSELF = (0.0, 0.1, 0.3, 1.0)


class Mixture(NamedTuple):
    """What the cosine of texts counts beside that of attributes, and what a resembling item counts beside
    all that goes with it.
    """

    text: float = 1.0
    itself: float = 0.3


class Near(NamedTuple):
    """Items, and their shares, which add up to 1."""

    items: NDArray[np.int64]
    shares: NDArray[np.float32]


def fit(
    found: SparseRows,
    attributes: FeatureRows,
    texts: NDArray[np.float32] | None,
    interactions: NDArray[np.integer],
) -> SparseRows:
    """`found` with rows for cold items, and with cold items in the rows of known ones.

    `texts` is float32[items, width], rows of length 1 or 0; `interactions` int[items].
    """
    cold = np.flatnonzero(interactions < COLD)
    if not len(cold) or not (len(attributes.codes) or texts is not None):
        return found
    popular = np.argsort(-interactions, kind="stable")[:MOST_KNOWN]
    known = popular[interactions[popular] >= COLD]
    if len(known) < NEAREST:
        known = popular  # hardly anything is known: then resemblance is all there is
    alike = Resemblance(attributes, texts, known)
    mixture = choose(found, alike)
    if texts is not None:
        say(f"cold items: texts count {mixture.text:g} times what attributes do")
    items = found.items
    old = np.repeat(np.arange(items), np.diff(found.offsets))
    warm = interactions[old] >= COLD
    keys = [old[warm] * items + found.columns[warm]]
    weights = [found.values[warm].astype(np.float64)]
    for item in cold.tolist():
        near = alike.nearest(item, mixture.text)
        columns, values = _row(found, near, mixture.itself)
        columns, values = _with_own(found, item, columns, values, float(interactions[item]))
        best = top_k(values, MOST)
        keys.append(item * items + columns[best])
        weights.append(values[best])
        for other, share in zip(near.items.tolist(), near.shares.tolist(), strict=True):
            if interactions[other] >= COLD:
                least = float(found.row(other)[1].min(initial=1.0))
                keys.append(np.array([other * items + item]))
                weights.append(np.array([least * BEHIND * share]))
    key, weight = np.concatenate(keys), np.concatenate(weights)
    key, first = np.unique(key, return_index=True)  # users who touched both come first, and count
    positive = weight[first] > 0
    return pairs.heaviest(key[positive], weight[first][positive], items, MOST + MOST_BEHIND)


def choose(found: SparseRows, alike: Resemblance) -> Mixture:
    """The mixture that finds most of what goes with known items, without their users."""
    able = alike.known[np.diff(found.offsets)[alike.known] > 0]
    some = np.random.default_rng(len(able)).permutation(able)[:JUDGED]
    reached: dict[Mixture, float] = {}
    for item in some.tolist():
        own, weights = found.row(item)
        truth = set(own[top_k(weights, 10)].tolist())
        for text in TEXT if alike.texts is not None else (0.0,):
            near = alike.nearest(item, text)
            for itself in ITSELF:
                columns, values = _row(found, near, itself)
                best = columns[top_k(np.where(columns == item, -np.inf, values), 10)]
                one = Mixture(text, itself)
                reached[one] = reached.get(one, 0.0) + ndcg(hits(best, truth), len(truth), 10)
    return max(reached, key=reached.__getitem__, default=Mixture())


class Resemblance:
    """Cosines of attributes, weighed by rarity, and of texts, between any item and the `known` ones."""

    def __init__(
        self, attributes: FeatureRows, texts: NDArray[np.float32] | None, known: NDArray[np.int64]
    ) -> None:
        self.known, self.texts = known, None if texts is None else texts[known]
        self._attributes, self._texts = attributes, texts
        items, size = len(attributes), int(attributes.codes.max(initial=-1)) + 1
        # Rare attributes say more: weight by the logarithm of how few items have them.
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

    def nearest(self, item: int, text: float) -> Near:
        """The known items that resemble an item most; the text's cosine counts `text`."""
        scores = np.zeros(len(self.known), np.float32)
        at = slice(self._attributes.offsets[item], self._attributes.offsets[item + 1])
        for code, value in zip(self._attributes.codes[at], self._values[at], strict=True):
            entries = slice(self._starts[code], self._starts[code + 1])
            scores[self._places[entries]] += value * self._known_values[entries]
        if self.texts is not None and self._texts is not None and text:
            scores += np.float32(text) * np.maximum(self.texts @ self._texts[item], 0.0)
        scores[(scores <= 0) | (self.known == item)] = -np.inf
        best = top_k(scores, NEAREST)
        shares = scores[best] ** SHARPNESS
        return Near(self.known[best], shares / max(float(shares.sum()), 1e-9))


def _row(found: SparseRows, near: Near, itself: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Items that go with these, whose rows each add up to their share, and these themselves."""
    totals = [max(float(found.row(int(item))[1].sum()), 1e-9) for item in near.items]
    columns, values = found.entries(near.items, near.shares / np.array(totals or [1.0])[: len(near.items)])
    columns = np.concatenate([columns, near.items])
    values = np.concatenate([values, itself * near.shares])
    distinct, inverse = np.unique(columns, return_inverse=True)
    return distinct.astype(np.int64), _sums(inverse, values, len(distinct))


def _with_own(
    found: SparseRows, item: int, columns: NDArray[np.int64], values: NDArray[np.float64], seen: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The same beside the row that the item's own few interactions gave it, without the item itself."""
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
