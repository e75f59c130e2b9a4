"""Item-to-item weights as sparse rows, used by transition, linear and similar-items models."""

from __future__ import annotations

from collections.abc import Sequence
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
        begins, ends = self.offsets[items], self.offsets[np.asarray(items) + 1]
        runs = [slice(begin, end) for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]
        values = np.repeat(np.asarray(weights, np.float32), ends - begins)
        values *= joined(self.values, runs)
        return joined(self.columns, runs), values

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


def joined(array: NDArray[Any], runs: Sequence[slice]) -> NDArray[Any]:
    """The elements of these runs of a contiguous array, one run after the other, read-only.

    Copying runs of memory takes half of the time that gathering their elements takes.
    """
    data = array.data
    return np.frombuffer(b"".join([data[run] for run in runs]), array.dtype)


def sums_of_runs(values: NDArray[np.floating], lengths: NDArray[np.integer]) -> NDArray[np.float64]:
    """The sum of each run of values. The runs follow each other."""
    sums, some = np.zeros(len(lengths)), np.flatnonzero(lengths)
    begins = np.cumsum(lengths) - lengths
    sums[some] = np.add.reduceat(values, begins[some], dtype=np.float64)
    return sums


def repeated(keys: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.integer]]:
    """The places of keys that come again later, rising, and the place where each of them comes last.

    Keys are less than `size`. Nothing is sorted: each key writes its place to a table that is not
    initialized, and of equal keys the last one stays (Briggs, Torczon, "An Efficient Representation for
    Sparse Sets", 1993). Only the pages of the table that keys fall on take memory.
    """
    places = np.arange(len(keys), dtype=np.uint16 if len(keys) <= 1 << 16 else np.int32)
    table = np.empty(size, places.dtype)
    table[keys] = places
    last = table.take(keys)
    again = np.flatnonzero(last != places)
    return again, last[again].astype(np.int64)
