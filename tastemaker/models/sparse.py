"""Item-to-item weights as sparse rows, used by transition, linear and similar-items models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import open_array, save_array


@dataclass(frozen=True)
class SparseRows:
    """A square matrix of item weights. Row `i` holds the items that item `i` points at.

    `offsets` is int64[items + 1], `columns` int32[entries], and `values` float32[entries].
    """

    offsets: NDArray[np.int64]
    columns: NDArray[np.int32]
    values: NDArray[np.float32]

    @property
    def items(self) -> int:
        """The number of rows and of columns."""
        return len(self.offsets) - 1

    def row(self, item: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The columns of one row and their weights."""
        at = slice(self.offsets[item], self.offsets[item + 1])
        return self.columns[at], self.values[at]

    def lengths(self, items: NDArray[np.integer]) -> NDArray[np.int64]:
        """The number of entries of each of these rows."""
        found: NDArray[np.int64] = self.offsets[np.asarray(items) + 1] - self.offsets[items]
        return found

    def entries(
        self, items: NDArray[np.integer], weights: NDArray[np.floating]
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The columns and weighted values of these rows, one row after the other. Columns may repeat."""
        starts = self.offsets[items]
        lengths = self.offsets[np.asarray(items) + 1] - starts
        places = ranges(starts, lengths)
        return self.columns[places], self.values[places] * np.repeat(np.asarray(weights, np.float32), lengths)

    def sum(self, items: NDArray[np.integer], weights: NDArray[np.floating]) -> NDArray[np.float32]:
        """The weighted sum of rows as a dense vector, float32[items]."""
        return np.bincount(*self.entries(items, weights), self.items).astype(np.float32)

    def save(self, folder: Path, name: str) -> None:
        """Write `<name>.offsets.npy`, `<name>.columns.npy` and `<name>.values.npy`."""
        save_array(folder / f"{name}.offsets.npy", self.offsets)
        save_array(folder / f"{name}.columns.npy", self.columns)
        save_array(folder / f"{name}.values.npy", self.values)

    @classmethod
    def open(cls, folder: Path, name: str) -> SparseRows:
        """Map the arrays that `save` wrote. Raises FileNotFoundError."""
        return cls(
            open_array(folder / f"{name}.offsets.npy"),
            open_array(folder / f"{name}.columns.npy"),
            open_array(folder / f"{name}.values.npy"),
        )


def ranges(begins: NDArray[np.integer], lengths: NDArray[np.integer]) -> NDArray[np.int64]:
    """The positions of several ranges, one after the other: `lengths[i]` positions from `begins[i]` on."""
    ends = np.cumsum(lengths)
    positions = np.arange(int(ends[-1]) if len(ends) else 0)
    positions += np.repeat(begins - (ends - lengths), lengths)
    return positions


def distinct(keys: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The distinct keys, rising, and the place of each of `keys` among them.

    It is `np.unique` with its inverse. If key and place fit into one number, numbers of both are sorted,
    which is faster.
    """
    if not len(keys):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    bits = max(len(keys) - 1, 1).bit_length()
    if int(keys.max()).bit_length() + bits > 62:
        return np.unique(keys.astype(np.int64), return_inverse=True)
    both = keys.astype(np.int64) << bits
    both |= np.arange(len(keys))
    both.sort()
    rising = both >> bits
    first = np.ones(len(keys), bool)
    np.not_equal(rising[1:], rising[:-1], out=first[1:])
    inverse = np.empty(len(keys), np.int64)
    inverse[both & ((1 << bits) - 1)] = np.cumsum(first) - 1
    return rising[first], inverse
