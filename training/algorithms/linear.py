"""A linear item-to-item model in closed form (EASE).

Steck, "Embarrassingly shallow autoencoders for sparse data", 2019. B = I - P / diag(P) with P = (XᵀX + λI)⁻¹,
where X is the matrix of users and items. The diagonal of B is zero, because an item must not predict itself.
The cost grows with the cube of the number of items, so a large catalog gets the model for its most popular
items only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.sparse import SparseRows, ranges
from training.data.prepared import Sequences

REGULARIZATION = 250.0
"""λ, chosen on validation data."""

MAX_ITEMS = 6000
"""The number of items that take part. This size costs a few seconds and some hundred MB."""

MAX_ENTRIES = 200
"""The number of entries kept of each row, the largest by magnitude."""

GRAM_WORK = 4e13
"""The number of multiplications that counting may take. If there are more, users are sampled."""

PAIR = 1000
"""The number of multiplications of a matrix product that take as long as counting one pair of items."""

PAIRS = 1 << 22
"""The number of pairs that are held at a time, unless one user has more."""


def fit(
    sequences: Sequences, items: int, regularization: float = REGULARIZATION, seed: int = 0
) -> SparseRows:
    """Rows by item of the history, with weights on items to recommend, from the events of all processes."""
    counts = sequences.counts(items)
    chosen = np.sort(np.argsort(-counts, kind="stable")[: min(MAX_ITEMS, int(np.count_nonzero(counts)))])
    place = np.full(items, -1)
    place[chosen] = np.arange(len(chosen))
    gram = _gram(sequences, place, len(chosen), seed)
    gram[np.diag_indices(len(chosen))] += regularization
    inverse = np.linalg.inv(gram)
    weights = (inverse / -np.diag(inverse)).astype(np.float32)
    np.fill_diagonal(weights, 0.0)
    return _pruned(weights, chosen, items)


def _gram(sequences: Sequences, place: NDArray[Any], size: int, seed: int) -> NDArray[np.float64]:
    """XᵀX over the chosen items, float64[size, size], in blocks of users, summed over all processes.

    It is a matrix product, or counts pairs where users have few of the items. Counting is faster then, and
    gives the same.
    """
    users = np.flatnonzero(sequences.lengths > 0)
    several = sequences.group.gather(len(users))
    most, total = max(int(GRAM_WORK / (2.0 * size * size)), 1), sum(several)
    if total > most:
        chosen = np.sort(np.random.default_rng([seed, 3]).choice(total, most, replace=False))
        chosen -= sum(several[: sequences.group.rank])
        users = users[chosen[(chosen >= 0) & (chosen < len(users))]]
    gram = np.zeros((size, size), np.float64)
    block = max(1, (1 << 26) // max(size, 1) // 4)
    for start in range(0, len(users), block):
        some = users[start : start + block]
        row, column = _touches(sequences, place, size, some)
        counts = np.bincount(row, minlength=len(some))
        if PAIR * (counts.astype(float) ** 2).sum() < 2.0 * len(some) * size * size:
            _count_pairs(gram, column, counts)
            continue
        touched = np.zeros((len(some), size), np.float32)
        touched[row, column] = 1.0
        gram += touched.T @ touched
    return sequences.group.sum(gram)


def _touches(
    sequences: Sequences, place: NDArray[Any], size: int, users: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Which of some users, rising, have which of the chosen items, each pair once and in order."""
    begins = sequences.offsets[users]
    lengths = sequences.offsets[users + 1] - begins
    row, column = np.repeat(np.arange(len(users)), lengths), place[sequences.items[ranges(begins, lengths)]]
    pair = np.unique(row[column >= 0] * size + column[column >= 0])
    return pair // size, pair % size


def _count_pairs(gram: NDArray[np.float64], column: NDArray[Any], counts: NDArray[Any]) -> None:
    """Add 1 for each two items of a user. `column` holds the users' items, user by user, `counts` of each."""
    flat, size = gram.reshape(-1), len(gram)
    ends = np.cumsum(counts)
    of_item = np.repeat(counts, counts)  # the items of an item's user
    first = np.repeat(ends - counts, counts)
    done = np.cumsum(of_item)
    begin = 0
    while begin < len(column):
        end = max(int(np.searchsorted(done, done[begin] - of_item[begin] + PAIRS, "right")), begin + 1)
        here = slice(begin, end)
        other = column[ranges(first[here], of_item[here])]
        np.add.at(flat, np.repeat(column[here], of_item[here]) * size + other, 1.0)
        begin = end


def _pruned(weights: NDArray[np.float32], chosen: NDArray[Any], items: int) -> SparseRows:
    size = len(chosen)
    most = min(MAX_ENTRIES, size)
    top = np.argpartition(-np.abs(weights), most - 1, axis=1)[:, :most] if size else np.zeros((0, 0), int)
    top.sort(1)
    values = np.take_along_axis(weights, top, 1) if size else np.zeros((0, 0), np.float32)
    counts = np.zeros(items, np.int64)
    counts[chosen] = most
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return SparseRows(offsets, chosen[top].ravel().astype(np.int32), values.ravel().astype(np.float32))
