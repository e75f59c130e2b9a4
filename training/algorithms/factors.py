"""Item factors: the leading eigenvectors of the matrix of which items have the same users.

They are found by subspace iteration from a random start (Halko, Martinsson and Tropp, "Finding structure with
randomness", 2011). It only multiplies by the matrix of users and items, and never holds a matrix of items by
items.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.prepared import Sequences

ITERATIONS = 6
EXTRA = 8
"""The directions beyond the wanted ones, because the last ones of a subspace converge slowly."""

MAX_EVENTS = 2_000_000
"""The number of events that take part. If there are more, users are sampled."""

BLOCK = 1 << 19
"""The number of interactions that are multiplied at a time."""

Array = NDArray[np.float32]


def fit(sequences: Sequences, items: int, width: int, seed: int = 0) -> Array:
    """The factors of each item: float32[items, width]. Items with the same users point the same way.

    Each row has the length 1, or is 0. Counts are relative to popularity (cosine), so that the first factor
    is not popularity. The events of all processes count. The result is deterministic for a seed.
    """
    rng = np.random.default_rng([seed, 6])
    touches = Touches(_some(sequences, rng), items)
    result = np.zeros((items, width), np.float32)
    wide = min(width + EXTRA, items)
    basis = rng.standard_normal((items, wide), np.float32) * (touches.scale > 0)[:, None]
    for _ in range(ITERATIONS):
        basis = np.linalg.qr(touches.multiplied(basis))[0]
    values, turn = np.linalg.eigh(basis.T @ touches.multiplied(basis))
    best = np.argsort(-values)[: min(width, wide)]
    found = basis @ turn[:, best] * np.sqrt(np.maximum(values[best], 0.0))
    found[touches.scale == 0] = 0.0
    found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
    result[:, : found.shape[1]] = found
    return result


def _some(sequences: Sequences, rng: np.random.Generator) -> Sequences:
    total = sequences.total()
    if total <= MAX_EVENTS:
        return sequences
    users = sequences.group.total(sequences.users)
    mine = slice(sequences.first_user(), sequences.first_user() + sequences.users)
    keep = rng.random(users)[mine] < MAX_EVENTS / total
    return sequences.keep(np.repeat(keep, sequences.lengths))


class Touches:
    """The matrix N of users and items with columns of length 1. NᵀN holds the items' cosines."""

    def __init__(self, sequences: Sequences, items: int) -> None:
        pair = np.unique(sequences.owners() * items + sequences.items)
        self.owner, self.item = pair // items, (pair % items).astype(np.int32)
        self.group = sequences.group
        counts = self.group.sum(np.bincount(self.item, minlength=items))
        self.scale = (np.where(counts > 0, 1.0, 0.0) / np.sqrt(np.maximum(counts, 1))).astype(np.float32)

    def multiplied(self, basis: Array, block: int = BLOCK) -> Array:
        """NᵀN times float32[items, n], in blocks of whole users, summed over all processes."""
        scaled, result = basis * self.scale[:, None], np.zeros_like(basis)
        first = np.flatnonzero(np.diff(self.owner, prepend=-1))  # where each user begins
        ends = np.append(first[1:], len(self.owner))
        begin = 0
        while begin < len(first):
            end = max(int(np.searchsorted(ends, first[begin] + block, "right")), begin + 1)
            self._block(scaled, first[begin:end], ends[begin:end], result)
            begin = end
        every: Array = self.group.sum(result) * self.scale[:, None]
        return every

    def _block(self, scaled: Array, starts: NDArray[Any], ends: NDArray[Any], result: Array) -> None:
        item = self.item[starts[0] : ends[-1]]
        people = np.add.reduceat(scaled[item], starts - starts[0], axis=0)
        row = np.repeat(np.arange(len(starts)), ends - starts)
        order = np.argsort(item, kind="stable")
        at = np.flatnonzero(np.diff(item[order], prepend=-1))
        result[item[order][at]] += np.add.reduceat(people[row[order]], at, axis=0)
