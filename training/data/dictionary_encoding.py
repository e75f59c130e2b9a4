"""Columns of text as integers, without a Python string for any of them: Arrow's dictionaries, sorted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tastemaker.ids import Ids

WORDS = pa.dictionary(pa.int32(), pa.string())
"""The type of a column of text while it is in memory: each text once, and four bytes a row."""


def as_words(column: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    """The column as WORDS, whatever type it has."""
    if isinstance(column, pa.Array):
        column = pa.chunked_array([column])
    if column.type == WORDS:
        return column
    return column.cast(pa.string()).dictionary_encode()


def codes(columns: Sequence[pa.Array | pa.ChunkedArray]) -> tuple[Ids, list[NDArray[np.int32]]]:
    """One set of ids over several columns, and each column's positions in it, -1 for null."""
    encoded = [as_words(column) for column in columns]
    chunks = [chunk for column in encoded for chunk in column.chunks]
    together = pa.chunked_array(chunks, WORDS).unify_dictionaries()
    words = together.chunk(0).dictionary if together.num_chunks else pa.array([], pa.string())
    indices = [chunk.indices.fill_null(len(words)).to_numpy() for chunk in together.chunks]
    used = np.zeros(len(words) + 1, bool)  # a dictionary may hold words of rows that were filtered out
    for part in indices:
        used[part] = True
    order = pc.sort_indices(words).to_numpy()
    order = order[used[order]]
    position = np.full(len(words) + 1, -1, np.int32)
    position[order] = np.arange(len(order))
    found, at = [], 0
    for column in encoded:
        parts = [position[part] for part in indices[at : at + column.num_chunks]]
        found.append(np.concatenate([np.zeros(0, np.int32), *parts]))
        at += column.num_chunks
    return ids_of(words.take(pa.array(order))), found


def ids_of(words: pa.Array) -> Ids:
    """The ids of sorted, distinct texts."""
    _, offsets, blob = words.cast(pa.large_string()).buffers()
    places = np.frombuffer(offsets, np.int64)[: len(words) + 1] if len(words) else np.zeros(1, np.int64)
    data = np.frombuffer(blob, np.uint8)[: places[-1]] if places[-1] else np.zeros(0, np.uint8)
    return Ids(data, places)


def texts_of(ids: Ids) -> pa.Array:
    """The ids as a column of text, without a copy."""
    buffers = [None, pa.py_buffer(ids.offsets), pa.py_buffer(ids.blob)]
    return pa.Array.from_buffers(pa.large_string(), len(ids), buffers)
