"""Counting pairs of items and keeping the heaviest of each row, for all item-to-item models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.sparse import SparseRows
from training.distributed.process_group import SINGLE, ProcessGroup

Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]

CHUNK = 1 << 24
"""The number of pairs that are held before equal ones are added up."""


def count(
    pairs: Iterable[Pairs], items: int, group: ProcessGroup = SINGLE
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Sum the weights of equal pairs (row, column, weight): sorted keys `row * items + column`, and sums.

    The pairs of all processes of the group are added up.
    """
    keys, sums = np.zeros(0, np.int64), np.zeros(0, np.float64)
    waiting: list[tuple[NDArray[Any], NDArray[Any]]] = []
    held = 0
    for rows, columns, weights in pairs:
        waiting.append((rows.astype(np.int64) * items + columns, weights))
        held += len(rows)
        if held >= CHUNK:
            keys, sums = _reduce([(keys, sums), *waiting])
            waiting, held = [], 0
    mine = _reduce([(keys, sums), *waiting])
    return mine if group.size == 1 else _reduce(group.gather(mine))


def _reduce(parts: list[tuple[NDArray[Any], NDArray[Any]]]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    keys = np.concatenate([key for key, _ in parts])
    weights = np.concatenate([weight for _, weight in parts]).astype(np.float64)
    if not len(keys):
        return keys, weights
    order = np.argsort(keys, kind="stable")
    keys, weights = keys[order], weights[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return keys[first], np.add.reduceat(weights, first)


def heaviest(keys: NDArray[np.int64], values: NDArray[Any], items: int, most: int) -> SparseRows:
    """Sparse rows from sorted keys, with at most `most` entries each, those of the largest values."""
    rows, columns = keys // items, keys % items
    order = np.lexsort((columns, -values, rows))
    counts = np.bincount(rows, minlength=items)
    place = np.arange(len(keys)) - np.repeat(np.cumsum(counts) - counts, counts)
    kept = np.sort(order[place < most])
    offsets = np.concatenate([[0], np.cumsum(np.minimum(counts, most))]).astype(np.int64)
    return SparseRows(offsets, columns[kept].astype(np.int32), values[kept].astype(np.float32))


def portions(pairs: NDArray[np.integer]) -> Iterator[tuple[int, int]]:
    """Ranges of rows with at most `CHUNK` pairs each, or one row.

    `pairs` [items] is the number of pairs of each row. Counting range by range needs memory for one range
    only.
    """
    done, first = np.cumsum(pairs), 0
    while first < len(pairs):
        before = done[first - 1] if first else 0
        last = max(int(np.searchsorted(done, before + CHUNK, "right")), first + 1)
        yield first, last
        first = last


def stacked(parts: Sequence[SparseRows]) -> SparseRows:
    """Rows that were filled range by range, as one matrix."""
    counts = np.sum([np.diff(part.offsets) for part in parts], axis=0)
    return SparseRows(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.concatenate([part.columns for part in parts]),
        np.concatenate([part.values for part in parts]),
    )


def steps(
    offsets: NDArray[np.int64], items: NDArray[np.integer], window: int
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """For each distance 1 … window, the positions of events with an event of the same user that far ahead."""
    lengths = np.diff(offsets)
    left = np.repeat(offsets[1:], lengths) - np.arange(len(items)) - 1  # events of the same user that follow
    for distance in range(1, window + 1):
        yield distance, np.flatnonzero(left >= distance)
