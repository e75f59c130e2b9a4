"""Item-to-item weights as sparse rows: what transition, linear and similar-items models are made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import open_array, save_array


@dataclass(frozen=True)
class SparseRows:
    """A square matrix of item weights, row `i` being the items that item `i` points at.

    `offsets` is int64[items + 1], `columns` int32[entries], `values` float32[entries].
    """

    offsets: NDArray[np.int64]
    columns: NDArray[np.int32]
    values: NDArray[np.float32]

    @property
    def items(self) -> int:
        """The number of rows, and of columns."""
        return len(self.offsets) - 1

    def row(self, item: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The columns of one row and their weights."""
        at = slice(self.offsets[item], self.offsets[item + 1])
        return self.columns[at], self.values[at]

    def sum(self, items: NDArray[np.integer], weights: NDArray[np.floating]) -> NDArray[np.float32]:
        """The weighted sum of rows as a dense vector, float32[items]."""
        starts = self.offsets[items]
        lengths = self.offsets[np.asarray(items) + 1] - starts
        total = int(lengths.sum())
        if not total:
            return np.zeros(self.items, np.float32)
        ends = np.cumsum(lengths)
        places = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
        values = self.values[places] * np.repeat(np.asarray(weights, np.float32), lengths)
        return np.bincount(self.columns[places], values, self.items).astype(np.float32)

    def save(self, folder: Path, name: str) -> None:
        """Write `<name>.offsets.npy`, `<name>.columns.npy` and `<name>.values.npy`."""
        save_array(folder / f"{name}.offsets.npy", self.offsets)
        save_array(folder / f"{name}.columns.npy", self.columns)
        save_array(folder / f"{name}.values.npy", self.values)

    @classmethod
    def open(cls, folder: Path, name: str) -> SparseRows:
        """Map what `save` wrote. Raises FileNotFoundError."""
        return cls(
            open_array(folder / f"{name}.offsets.npy"),
            open_array(folder / f"{name}.columns.npy"),
            open_array(folder / f"{name}.values.npy"),
        )
