"""The attributes that a model reads, and their codes for every row.

As in the service, categorical columns and numbers are read. Booleans, plain strings, text and reserved
columns are not.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import CATEGORICAL, NUMBER, Column, Columns
from tastemaker.ids import Ids
from tastemaker.models.features import FeatureColumn, FeatureRows, FeatureSpace
from training.data.dictionary_encoding import encode_columns, texts_of
from training.distributed.process_group import SINGLE, ProcessGroup
from training.errors import BadDataError

BUCKETS = 10
"""The number of quantile buckets of a number column."""

MAX_VALUES = 20_000
"""The number of values of one categorical column that get a vector of their own, the most frequent ones."""


def quantile_edges(values: NDArray[np.float64], times: NDArray[Any] | None = None) -> tuple[float, ...]:
    """The edges between `BUCKETS` equally filled buckets; fewer if values repeat. NaN is left out.

    `times` is how often each value occurs, once by default. An edge between two values is interpolated, as by
    `numpy.quantile`.
    """
    times = np.ones(len(values), np.int64) if times is None else times
    known = ~np.isnan(values) & (times > 0)
    order = np.argsort(values[known])
    values, ends = values[known][order], np.cumsum(times[known][order])
    if not len(values):
        return ()
    where = np.arange(1, BUCKETS) / BUCKETS * (ends[-1] - 1)
    low, high = (values[np.searchsorted(ends, rank(where), side="right")] for rank in (np.floor, np.ceil))
    share = where - np.floor(where)
    with np.errstate(over="ignore"):
        edges = low + (high - low) * share
    if not np.isfinite(edges).all():  # values of both signs near the largest float
        edges = low * (1 - share) + high * share
    edges = np.unique(edges)
    return tuple(float(edge) for edge in edges if edge > values[0])


def with_common_values(columns: Columns, group: ProcessGroup) -> Columns:
    """The same columns, with the vocabularies of the rows of all processes."""
    if group.size == 1:
        return columns
    found = {}
    for name, column in columns.items():
        found[name] = column
        if column.is_text:
            texts = [texts_of(ids) for ids in group.gather(column.vocabulary)]
            vocabulary, places = encode_columns(texts)
            codes = places[group.rank][column.codes]
            found[name] = Column(
                column.column_type, vocabulary=vocabulary, offsets=column.offsets, codes=codes
            )
    return Columns(found, rows=columns.rows)


def build(
    columns: Columns, excluded: Collection[str], group: ProcessGroup = SINGLE
) -> tuple[FeatureSpace, FeatureRows]:
    """The feature space of a dataset and every row's codes. Constant columns are left out.

    The rows of all processes decide about the space. They must have the same vocabularies.
    """
    space: list[FeatureColumn] = []
    pieces: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []  # rows, codes, weights
    first = 0
    for name, column in columns.items():
        if name in excluded or column.column_type not in (CATEGORICAL, NUMBER):
            continue
        described, piece = (_categorical if column.column_type == CATEGORICAL else _numeric)(
            name, column, first, group=group
        )
        if (described.size < 2 and described.column_type == NUMBER) or described.size < 1:
            continue
        space.append(described)
        pieces.append(piece)
        first += described.size
    return FeatureSpace(tuple(space)), _rows(columns.rows, pieces)


def _categorical(
    name: str,
    column: Column,
    first: int,
    times: NDArray[Any] | None = None,
    *,
    group: ProcessGroup = SINGLE,
) -> tuple[FeatureColumn, tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]:
    """`times` is how often each row occurs, once by default. It decides which values are most frequent."""
    each = None if times is None else np.repeat(times, np.diff(column.offsets))
    counts = group.sum(np.bincount(column.codes, each, len(column.vocabulary)))
    order = np.sort(np.argsort(-counts, kind="stable")[:MAX_VALUES])
    code = np.full(len(counts), -1, np.int64)
    code[order] = first + np.arange(len(order))
    lengths = np.diff(column.offsets)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    codes = code[column.codes]
    weights = np.repeat(1.0 / np.maximum(lengths, 1), lengths)
    keep = codes >= 0
    values = tuple(column.vocabulary.take(order))
    return FeatureColumn(name, CATEGORICAL, first, values=values), (rows[keep], codes[keep], weights[keep])


def _numeric(
    name: str, column: Column, first: int, *, group: ProcessGroup = SINGLE
) -> tuple[FeatureColumn, tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]:
    several = group.gather(np.unique(column.values, return_counts=True))
    values, times = (np.concatenate(part) for part in zip(*several, strict=True))
    edges = quantile_edges(values, times)
    rows = np.flatnonzero(~np.isnan(column.values))
    codes = first + np.searchsorted(np.asarray(edges), column.values[rows], side="right")
    return FeatureColumn(name, NUMBER, first, edges=edges), (rows, codes, np.ones(len(rows)))


def _rows(count: int, pieces: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]) -> FeatureRows:
    if not pieces:
        return FeatureRows.empty(count)
    rows, codes, weights = (np.concatenate(part) for part in zip(*pieces, strict=True))
    order = np.argsort(rows, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=count))]).astype(np.int64)
    return FeatureRows(offsets, codes[order].astype(np.int32), weights[order].astype(np.float32))


def context_space(
    names: Sequence[str],
    column_types: dict[str, str],
    vocabularies: Sequence[Ids],
    cells: NDArray[np.int32],
    group: ProcessGroup = SINGLE,
) -> tuple[FeatureSpace, NDArray[np.int32]]:
    """The feature space of interaction metadata, and int32[events, columns] of codes, -1 for none.

    `cells` is int32[events, columns], positions in each column's `vocabularies`, -1 for null. Each distinct
    cell is encoded once. Context is one value per column and event, so only the first of several values of a
    cell is read. The events of all processes decide about the space. Raises BadDataError for a cell that is
    not a number in a number column.
    """
    columns: list[FeatureColumn] = []
    codes = np.empty_like(cells)
    first = 0
    for place, name in enumerate(names):
        texts = vocabularies[place].tolist()
        times = group.sum(np.bincount(cells[:, place] + 1, minlength=len(texts) + 1))[1:]
        code = np.full(len(texts) + 1, -1, np.int32)  # the last one is null's
        if column_types[name] == NUMBER:
            try:
                values = np.array([float(text) for text in texts])
            except ValueError as error:
                raise BadDataError(
                    f"interactions: column {name} is a number by its schema: {error}"
                ) from None
            column = FeatureColumn(name, NUMBER, first, edges=quantile_edges(values, times))
            known = np.flatnonzero(~np.isnan(values))
            code[known] = first + np.searchsorted(np.asarray(column.edges), values[known], side="right")
        else:
            column, (rows, found, _) = _categorical(name, Column.build(CATEGORICAL, texts), first, times)
            code[rows[::-1]] = found[::-1]  # the first value of a cell is written last
        codes[:, place] = code[cells[:, place]]
        columns.append(column)
        first += column.size
    return FeatureSpace(tuple(columns)), codes
