"""Item factors: the leading eigenvectors of which items are touched by the same users."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.data import Sequences

MOST_ITEMS = 4000
"""Items that take part, the most touched ones; the others have zeros."""


def fit(sequences: Sequences, items: int, width: int) -> NDArray[np.float32]:
    """float32[items, width]: items of the same users point the same way; each row has the length 1, or is 0.

    Counts are made relative to what popularity alone explains (cosine), so that the first factor is not
    popularity. Deterministic.
    """
    result = np.zeros((items, width), np.float32)
    counts = np.bincount(sequences.items, minlength=items)
    chosen = np.sort(np.argsort(-counts, kind="stable")[: min(MOST_ITEMS, int(np.count_nonzero(counts)))])
    if not len(chosen):
        return result
    place = np.full(items, -1)
    place[chosen] = np.arange(len(chosen))
    gram = np.zeros((len(chosen), len(chosen)))
    owner, column = sequences.owners(), place[sequences.items]
    block = max(1, (1 << 25) // len(chosen))
    for start in range(0, sequences.users, block):
        inside = slice(*np.searchsorted(owner, [start, start + block]))
        touched = np.zeros((min(block, sequences.users - start), len(chosen)), np.float32)
        known = column[inside] >= 0
        touched[owner[inside][known] - start, column[inside][known]] = 1.0
        gram += touched.T @ touched
    norm = np.sqrt(np.maximum(np.diag(gram), 1.0))
    cosine = gram / norm[:, None] / norm[None]
    values, vectors = np.linalg.eigh(cosine)
    best = np.argsort(-values)[:width]
    found = vectors[:, best] * np.sqrt(np.maximum(values[best], 0.0))
    found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
    result[chosen, : found.shape[1]] = found
    return result
