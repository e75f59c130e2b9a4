"""Item-to-item weights as sparse rows, used by transition, linear and similar-items models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
        lengths = self.lengths(items)
        begins, values = self.offsets[items], np.repeat(np.asarray(weights, np.float32), lengths)
        values *= joined(self.values, begins, lengths)
        return joined(self.columns, begins, lengths), values

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


def joined(array: NDArray[Any], begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[Any]:
    """The elements of several runs of a contiguous array, one run after the other.

    If runs have similar lengths, each is copied whole, which takes a third of the time.
    """
    width = int(lengths.max(initial=0))
    all_equal = bool(width) and int(lengths.min()) == width
    if not all_equal and 2 * int(lengths.sum()) <= width * len(lengths):
        return array.take(ranges(begins, lengths))
    size = array.itemsize
    windows = np.ndarray((len(array) - width + 1,), f"V{width * size}", array, strides=(size,))
    firsts = np.minimum(begins, len(array) - width)
    copied = windows[firsts].view(array.dtype)
    if all_equal:
        return copied
    places, skipped = np.arange(width), (begins - firsts)[:, None]
    return copied[((places >= skipped) & (places < skipped + lengths[:, None])).ravel()]


def sums_of_runs(values: NDArray[np.floating | np.bool], lengths: NDArray[np.integer]) -> NDArray[np.float64]:
    """The sum of each run of values. The runs follow each other."""
    sums, some = np.zeros(len(lengths)), np.flatnonzero(lengths)
    begins = np.cumsum(lengths) - lengths
    sums[some] = np.add.reduceat(values, begins[some], dtype=np.float64)
    return sums


def repeated(
    keys: NDArray[np.integer], slots: NDArray[np.int64], size: int
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """The places of keys that come again later, rising, and the place where each of them comes last.

    Keys with equal slots (less than `size`) are compared: a key is the pair of both. Nothing is sorted. Each
    place is written to its slot of a table that is not initialized, and the last one stays (as in Briggs,
    Torczon, "An Efficient Representation for Sparse Sets", 1993). Those that find another key there try
    again.
    """
    small = len(keys) <= 1 << 16
    rest: NDArray[np.integer] = np.arange(len(keys), dtype=np.uint16 if small else np.int32)
    table = np.empty(size, rest.dtype)
    again, last = [rest[:0]], [rest[:0]]
    while len(rest):
        table[slots] = rest
        there = table.take(slots)
        others = np.flatnonzero(there != rest)
        rest, there, slots = rest[others], there[others], slots[others]
        same = keys.take(there) == keys.take(rest)
        again.append(rest[same])
        last.append(there[same])
        rest, slots = rest[~same], slots[~same]
    found = np.concatenate(again)
    order = np.argsort(found)
    return found[order].astype(np.int64), np.concatenate(last)[order].astype(np.int64)
