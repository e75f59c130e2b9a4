"""Which attributes a model reads, and their codes for every row.

Categorical text and numbers are read; booleans, plain strings, text and reserved columns never are, as in the
service.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import CATEGORICAL, NUMBER, Column, Columns
from tastemaker.models.features import FeatureColumn, FeatureRows, FeatureSpace

BUCKETS = 10
"""Quantile buckets of a column of numbers."""

MOST_VALUES = 20_000
"""Values of one categorical column that get a vector of their own, the most frequent ones."""


def quantile_edges(values: NDArray[np.float64]) -> tuple[float, ...]:
    """Edges between `BUCKETS` equally filled buckets; fewer if values repeat. NaN is left out."""
    known = values[~np.isnan(values)]
    if not len(known):
        return ()
    edges = np.unique(np.quantile(known, np.arange(1, BUCKETS) / BUCKETS))
    return tuple(float(edge) for edge in edges if edge > known.min())


def build(columns: Columns, excluded: Collection[str]) -> tuple[FeatureSpace, FeatureRows]:
    """The feature space of a dataset and every row's codes. A column that is the same in all rows is left
    out.
    """
    space: list[FeatureColumn] = []
    pieces: list[tuple[NDArray, NDArray, NDArray]] = []  # rows, codes, weights
    first = 0
    for name, column in columns.items():
        if name in excluded or column.kind not in (CATEGORICAL, NUMBER):
            continue
        described, piece = (_categorical if column.kind == CATEGORICAL else _numeric)(name, column, first)
        if (described.size < 2 and described.kind == NUMBER) or described.size < 1:
            continue
        space.append(described)
        pieces.append(piece)
        first += described.size
    return FeatureSpace(tuple(space)), _rows(columns.rows, pieces)


def _categorical(
    name: str, column: Column, first: int
) -> tuple[FeatureColumn, tuple[NDArray, NDArray, NDArray]]:
    counts = np.bincount(column.codes, minlength=len(column.vocabulary))
    order = np.sort(np.argsort(-counts, kind="stable")[:MOST_VALUES])
    code = np.full(len(counts), -1, np.int64)
    code[order] = first + np.arange(len(order))
    lengths = np.diff(column.offsets)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    codes = code[column.codes]
    weights = np.repeat(1.0 / np.maximum(lengths, 1), lengths)
    keep = codes >= 0
    values = tuple(column.vocabulary.take(order))
    return FeatureColumn(name, CATEGORICAL, first, values=values), (rows[keep], codes[keep], weights[keep])


def _numeric(name: str, column: Column, first: int) -> tuple[FeatureColumn, tuple[NDArray, NDArray, NDArray]]:
    edges = quantile_edges(column.values)
    rows = np.flatnonzero(~np.isnan(column.values))
    codes = first + np.searchsorted(np.asarray(edges), column.values[rows], side="right")
    return FeatureColumn(name, NUMBER, first, edges=edges), (rows, codes, np.ones(len(rows)))


def _rows(count: int, pieces: list[tuple[NDArray, NDArray, NDArray]]) -> FeatureRows:
    if not pieces:
        return FeatureRows.empty(count)
    rows, codes, weights = (np.concatenate(part) for part in zip(*pieces, strict=True))
    order = np.argsort(rows, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=count))]).astype(np.int64)
    return FeatureRows(offsets, codes[order].astype(np.int32), weights[order].astype(np.float32))


def context_space(
    names: Sequence[str], kinds: dict[str, str], cells: Sequence[Sequence[str | None]]
) -> tuple[FeatureSpace, NDArray[np.int32]]:
    """The feature space of interaction metadata and int32[events, columns] of codes, -1 for none.

    Context is one value per column and event; only the first of several values of a cell is read.
    """
    columns: list[FeatureColumn] = []
    codes: list[NDArray[np.int32]] = []
    first = 0
    for name, values in zip(names, cells, strict=True):
        if kinds[name] == NUMBER:
            numbers = np.array([np.nan if v is None else float(v) for v in values])
            edges = quantile_edges(numbers)
            column = FeatureColumn(name, NUMBER, first, edges=edges)
            known = np.where(
                np.isnan(numbers), -1, first + np.searchsorted(np.asarray(edges), numbers, side="right")
            )
        else:
            built = Column.build(CATEGORICAL, list(values))
            column, (rows, found, _) = _categorical(name, built, first)
            known = np.full(len(values), -1)
            known[rows[::-1]] = found[::-1]  # the first value of a row is written last
        columns.append(column)
        codes.append(known.astype(np.int32))
        first += column.size
    stacked = np.stack(codes, 1) if codes else np.zeros((len(cells[0]) if cells else 0, 0), np.int32)
    return FeatureSpace(tuple(columns)), stacked
