"""Neighbors of items that hardly anybody has touched: by what their attributes and texts resemble.

A cold item's row is made of the known items that it resembles most and of what goes with those, each by how
much it resembles; the few users that it has count as what they are, few against `PRIOR`. The other way round,
the item stands in the rows of the known items that are in its own, behind their neighbors. How much texts
say beside attributes, how many items are looked at, and how much they say themselves beside what goes with
them, is chosen by validation data on known items, whose own users are looked away from.
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
from training.progress import say
from training.tuning.objective import gains

COLD = 5
"""Interactions below which the service calls an item cold."""

PRIOR = 5.0
"""What is known by resemblance counts like so many interactions."""

MOST = 500
MOST_BEHIND = 50
"""Cold items that a known item's row has room for."""

MOST_ROWS = 100
"""Known items in whose rows a cold item asks for room."""

MOST_KNOWN = 50_000
"""Items that others are compared with, the most popular."""

JUDGED = 600
"""Validation cases that settings are chosen on."""

LISTED = 25

BEHIND = 1e-3
"""Scale of a cold item's weight in a known item's row, below those of items with users."""

TEXT = (0.0, 0.3, 1.0)
"""Not more than attributes: what texts say of a shop's goods was worth less than validation data promised."""

NEAREST = (20, 60)
ITSELF = (0.0, 0.1, 0.3, 1.0)


class Mixture(NamedTuple):
    """What the cosine of texts counts beside that of attributes, how many items are looked at, and what one
    of them counts beside all that goes with it.
    """

    text: float = 1.0
    nearest: int = 20
    itself: float = 0.1


class Near(NamedTuple):
    """Items, and their shares, which add up to 1."""

    items: NDArray[np.int64]
    shares: NDArray[np.float32]


def resemblance(
    attributes: FeatureRows, texts: NDArray[np.float32] | None, interactions: NDArray[np.integer]
) -> Resemblance | None:
    """Between all items and the known ones; None if there is nothing to compare by.

    `texts` is float32[items, width], rows of length 1 or 0; `interactions` int[items].
    """
    if not len(attributes.codes) and texts is None:
        return None
    popular = np.argsort(-interactions, kind="stable")[:MOST_KNOWN]
    known = popular[interactions[popular] >= COLD]
    if len(known) < NEAREST[0]:
        known = popular  # hardly anything is known: then resemblance is all there is
    return Resemblance(attributes, texts, known)


def choose(
    found: SparseRows,
    alike: Resemblance,
    asked: Sequence[int],
    wanted: Sequence[NDArray[np.integer]],
) -> Mixture:
    """The mixture whose rows for the items `asked` foretell best what was `wanted`, if they were cold. Texts
    have to bring more than a standard error: where they say nothing, chance would let them in.
    """
    known = np.flatnonzero(np.isin(asked, alike.known))
    near = list(product(alike.weights, NEAREST))
    mixtures = [Mixture(*one, itself) for one in near for itself in ITSELF]
    some = np.random.default_rng(len(known)).permutation(known)[:JUDGED].tolist()
    reached = np.zeros((len(some), len(mixtures)))
    for place, case in enumerate(some):
        item, lists = asked[case], []
        for text, most in near:
            row = _row(found, alike.nearest(item, text, most))
            for itself in ITSELF:
                values = np.where(row.columns == item, -np.inf, row.together + itself * row.themselves)
                lists.append(row.columns[top_k(values, LISTED)])
        reached[place] = gains(lists, [wanted[case]] * len(lists))
    if not some:
        return Mixture()
    means = reached.mean(0)
    best = int(np.argmax(means))
    plain = max((i for i, one in enumerate(mixtures) if not one.text), key=means.__getitem__, default=best)
    more = reached[:, best] - reached[:, plain]
    chosen = mixtures[best if more.mean() > more.std() / np.sqrt(len(some)) else plain]
    say(
        f"cold items: by the {chosen.nearest} nearest, texts as {chosen.text:g} times attributes, "
        f"a neighbor as {chosen.itself:g} times what goes with it"
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
        best = top_k(values, MOST)
        columns, values = columns[best], values[best]
        keys.append(item * items + columns)
        weights.append(values)
        others = np.flatnonzero(~cold[columns])[:MOST_ROWS]
        keys.append(columns[others] * items + item)
        weights.append(least[columns[others]] * BEHIND * values[others])
    key, weight = np.concatenate(keys), np.concatenate(weights)
    key, first = np.unique(key, return_index=True)  # users who touched both come first, and count
    positive = weight[first] > 0
    return pairs.heaviest(key[positive], weight[first][positive], items, MOST + MOST_BEHIND)


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

    @property
    def weights(self) -> tuple[float, ...]:
        """What texts may count beside attributes; alone, any number says the same."""
        if self.texts is None:
            return (0.0,)
        return TEXT if len(self._attributes.codes) else (1.0,)

    def nearest(self, item: int, text: float, most: int) -> Near:
        """The `most` known items that resemble an item most; the text's cosine counts `text`."""
        scores = np.zeros(len(self.known), np.float32)
        at = slice(self._attributes.offsets[item], self._attributes.offsets[item + 1])
        for code, value in zip(self._attributes.codes[at], self._values[at], strict=True):
            entries = slice(self._starts[code], self._starts[code + 1])
            scores[self._places[entries]] += value * self._known_values[entries]
        if self.texts is not None and self._texts is not None and text:
            scores += np.float32(text) * np.maximum(self.texts @ self._texts[item], 0.0)
        scores[(scores <= 0) | (self.known == item)] = -np.inf
        best = top_k(scores, most)
        return Near(self.known[best], scores[best] / max(float(scores[best].sum()), 1e-9))


class Row(NamedTuple):
    """Items, what goes with those that resemble one, and these themselves."""

    columns: NDArray[np.int64]
    together: NDArray[np.float64]
    themselves: NDArray[np.float64]


def _row(found: SparseRows, near: Near) -> Row:
    """The rows of these items, each of which adds up to its share, and the shares."""
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
