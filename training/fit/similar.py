"""Similar items: who touched both, and what they have in common.

A pair's weight is directional: c(i, j) / (n(i) + shrink) is how often users of `i` touched `j` too, shrunk
because few users prove little; divided by n(j) to the power of a half it becomes the cosine of their user
sets. The popularity discount moves between what is simply popular and what is peculiar to `i`. Items with
fewer than five interactions borrow from their attributes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.features import FeatureRows
from tastemaker.models.sparse import SparseRows
from training.data import Sequences
from training.fit import pairs

SHRINK = 5.0
MOST = 500
COLD = 5
"""Interactions below which the service calls an item cold."""

LONGEST = 500
"""Newest items of one user that are paired with each other; a longer history is a machine's or says
little.
"""

CONTENT_ROWS = 1024


def fit(
    sequences: Sequences, features: FeatureRows, items: int, *, discount: float, minimum: float = 0.0
) -> SparseRows:
    """Rows of positive weights, the largest `MOST` of each item.

    `discount` 0 … 1 is the recipe's popularity_discount_factor; `minimum` is how many users must have touched
    both.
    """
    keys, shared = pairs.count(_together(sequences, items), items)
    enough = shared >= minimum
    keys, shared = keys[enough], shared[enough]
    users = np.bincount(np.unique(sequences.owners() * items + sequences.items) % items, minlength=items)
    rows, columns = keys // items, keys % items
    # From the geometric mean of "how many of i's users" and the cosine (discount 0) to the cosine's square
    # (1).
    power = 0.25 + 0.75 * discount
    weights = shared / (users[rows] + SHRINK) / np.maximum(users[columns], 1) ** power
    found = pairs.heaviest(keys, weights, items, MOST)
    interactions = np.bincount(sequences.items, minlength=items)
    return _with_content(found, features, items, np.flatnonzero(interactions < COLD))


def _together(sequences: Sequences, items: int) -> Iterator[pairs.Pairs]:
    """Every ordered pair of different items of one user, 1 each."""
    pair = np.unique(sequences.owners() * items + sequences.items)
    owner, item = pair // items, pair % items
    lengths = np.bincount(owner, minlength=sequences.users)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    for user in np.flatnonzero(lengths > 1):
        mine = item[starts[user] : starts[user + 1]]
        if len(mine) > LONGEST:
            newest = sequences.history(int(user)).items[::-1]
            _, first = np.unique(newest, return_index=True)
            mine = newest[np.sort(first)[:LONGEST]].astype(np.int64)
        left, right = np.meshgrid(mine, mine, indexing="ij")
        different = left != right
        rows = left[different]
        yield rows, right[different], np.ones(len(rows), np.float32)


def _with_content(found: SparseRows, features: FeatureRows, items: int, cold: NDArray) -> SparseRows:
    """Give cold items the items of most similar attributes, behind what their few users touched."""
    if not len(features.codes) or not len(cold):
        return found
    size = int(features.codes.max()) + 1
    # Rare attributes say more: weight by the logarithm of how few items have them.
    frequency = np.bincount(features.codes, minlength=size)
    rarity = np.log1p(items / np.maximum(frequency, 1)).astype(np.float32)
    values = features.weights * rarity[features.codes]
    row = np.repeat(np.arange(items), np.diff(features.offsets))
    norms = np.sqrt(np.bincount(row, values * values, items)) + 1e-9
    values = (values / norms[row]).astype(np.float32)
    by_code = np.argsort(features.codes, kind="stable")
    starts = np.searchsorted(features.codes[by_code], np.arange(size + 1))

    keys = [np.repeat(np.arange(items), np.diff(found.offsets)) * items + found.columns]
    weights = [found.values.astype(np.float64)]
    for item in cold:
        at = slice(features.offsets[item], features.offsets[item + 1])
        scores = np.zeros(items, np.float32)
        for code, value in zip(features.codes[at], values[at], strict=True):
            entries = by_code[starts[code] : starts[code + 1]]
            scores[row[entries]] += value * values[entries]
        scores[item] = 0.0
        top = np.argsort(-scores, kind="stable")[:MOST]
        top = top[scores[top] > 0]
        own = found.row(int(item))[0]
        top = top[~np.isin(top, own)]
        floor = float(found.row(int(item))[1].min(initial=1.0))
        keys.append(item * items + top)
        weights.append(scores[top].astype(np.float64) * floor * 0.999)
    key, weight = np.concatenate(keys), np.concatenate(weights)
    order = np.argsort(key, kind="stable")
    return pairs.heaviest(key[order], weight[order], items, MOST)
