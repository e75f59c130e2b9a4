"""Attributes as codes: one small vocabulary over all columns of a dataset.

It is the same in training and in a request. A categorical cell with several values gives several codes that
share the column's weight of 1. A number gives the code of its quantile bucket. A null, a value that training
did not see, and a column that it did not have give no code.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import CATEGORICAL, NUMBER
from tastemaker.notation import SEPARATOR


@dataclass(frozen=True)
class FeatureColumn:
    """How one column becomes codes.

    `first` is its first code. The following codes stand for `values` (categorical) or for the buckets between
    `edges` (number).
    """

    name: str
    column_type: str
    first: int
    values: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()

    @property
    def size(self) -> int:
        """The number of codes that the column takes."""
        return len(self.values) if self.column_type == CATEGORICAL else len(self.edges) + 1

    def codes(self, cell: str | float | None) -> list[int]:
        """The codes of one cell. Empty for null, an unknown value, and text that is not a number."""
        if cell is None:
            return []
        if self.column_type == NUMBER:
            try:
                number = float(cell)
            except ValueError:
                return []
            return [] if np.isnan(number) else [self.first + bisect_right(self.edges, number)]
        places = self._places
        return [self.first + places[part] for part in str(cell).split(SEPARATOR) if part in places]

    def example(self, code: int) -> str:
        """A cell that has this code."""
        place = code - self.first
        if self.column_type == CATEGORICAL:
            return self.values[place]
        return repr(self.edges[place - 1] if place else min(self.edges, default=0.0) - 1.0)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {value: place for place, value in enumerate(self.values)}


@dataclass(frozen=True)
class FeatureSpace:
    """The columns of one dataset that a model reads."""

    columns: tuple[FeatureColumn, ...] = ()

    @property
    def size(self) -> int:
        """The number of codes over all columns."""
        return sum(column.size for column in self.columns)

    def codes(self, record: Mapping[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The codes and weights of one record. Column names are compared without case and underscores."""
        folded = {fold(name): cell for name, cell in record.items()}
        codes: list[int] = []
        weights: list[float] = []
        for column in self.columns:
            found = column.codes(folded.get(fold(column.name)))
            codes += found
            weights += [1.0 / max(len(found), 1)] * len(found)
        return np.asarray(codes, np.int64), np.asarray(weights, np.float32)

    def example(self, codes: NDArray[np.integer]) -> dict[str, str]:
        """Cells by column that have these codes, one code per column (-1 for none)."""
        pairs = zip(self.columns, codes.tolist(), strict=True)
        return {column.name: column.example(code) for column, code in pairs if code >= 0}

    def to_json(self) -> list[dict[str, Any]]:
        """The form in `bundle.json`."""
        return [
            {
                "name": c.name,
                "kind": c.column_type,
                "first": c.first,
                "values": list(c.values),
                "edges": list(c.edges),
            }
            for c in self.columns
        ]

    @classmethod
    def from_json(cls, data: list[dict[str, Any]]) -> FeatureSpace:
        """The feature space of the form that `to_json` returns."""
        return cls(
            tuple(
                FeatureColumn(d["name"], d["kind"], d["first"], tuple(d["values"]), tuple(d["edges"]))
                for d in data
            )
        )


def fold(name: str) -> str:
    """Make a schema's name (DEVICE_TYPE) and an event property's name (deviceType) equal."""
    return name.replace("_", "").lower()


@dataclass(frozen=True)
class FeatureRows:
    """The codes of many rows. Row `i` has `codes[offsets[i]:offsets[i + 1]]`, with `weights` alike."""

    offsets: NDArray[np.int64]
    codes: NDArray[np.int32]
    weights: NDArray[np.float32]

    @classmethod
    def empty(cls, rows: int) -> FeatureRows:
        """Rows without any code."""
        return cls(np.zeros(rows + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def row(self, index: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The codes and weights of one row."""
        at = slice(self.offsets[index], self.offsets[index + 1])
        return self.codes[at], self.weights[at]
