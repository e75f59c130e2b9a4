"""A linear item-to-item model in closed form (EASE: Steck, "Embarrassingly shallow autoencoders for sparse
data", 2019).

B = I - P / diag(P) with P = (XᵀX + λI)⁻¹, X being who touched what. The diagonal of B is zero: an item does
not explain itself. It costs the cube of the number of items, so a large catalogue gets it for its most
popular items only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.sparse import SparseRows
from training.data import Sequences

MOST_ITEMS = 6000
"""Items that take part; a few seconds and some hundred MB at this size."""

MOST_ENTRIES = 200
"""Entries kept of each row, the largest by size."""

GRAM_WORK = 4e13
"""Multiplications that counting may take; beyond, users are sampled."""


def fit(sequences: Sequences, items: int, regularisation: float, seed: int = 0) -> SparseRows:
    """Rows by item of the history of weights on items to recommend."""
    counts = np.bincount(sequences.items, minlength=items)
    chosen = np.sort(np.argsort(-counts, kind="stable")[: min(MOST_ITEMS, int(np.count_nonzero(counts)))])
    place = np.full(items, -1)
    place[chosen] = np.arange(len(chosen))
    gram = _gram(sequences, place, len(chosen), seed)
    gram[np.diag_indices(len(chosen))] += regularisation
    inverse = np.linalg.inv(gram)
    weights = (inverse / -np.diag(inverse)).astype(np.float32)
    np.fill_diagonal(weights, 0.0)
    return _pruned(weights, chosen, items)


def _gram(sequences: Sequences, place: NDArray, size: int, seed: int) -> NDArray[np.float64]:
    """XᵀX over the chosen items, float64[size, size], in blocks of users."""
    users = np.flatnonzero(sequences.lengths > 0)
    most = max(int(GRAM_WORK / (2.0 * size * size)), 1)
    if len(users) > most:
        users = np.sort(np.random.default_rng([seed, 3]).choice(users, most, replace=False))
    gram = np.zeros((size, size), np.float64)
    block = max(1, (1 << 26) // max(size, 1) // 4)
    owner, column = sequences.owners(), place[sequences.items]
    for start in range(0, len(users), block):
        some = users[start : start + block]
        row = np.full(sequences.users, -1)
        row[some] = np.arange(len(some))
        take = (row[owner] >= 0) & (column >= 0)
        touched = np.zeros((len(some), size), np.float32)
        touched[row[owner[take]], column[take]] = 1.0
        gram += touched.T @ touched
    return gram


def _pruned(weights: NDArray[np.float32], chosen: NDArray, items: int) -> SparseRows:
    size = len(chosen)
    most = min(MOST_ENTRIES, size)
    top = np.argpartition(-np.abs(weights), most - 1, axis=1)[:, :most] if size else np.zeros((0, 0), int)
    top.sort(1)
    values = np.take_along_axis(weights, top, 1) if size else np.zeros((0, 0), np.float32)
    counts = np.zeros(items, np.int64)
    counts[chosen] = most
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return SparseRows(offsets, chosen[top].ravel().astype(np.int32), values.ravel().astype(np.float32))
