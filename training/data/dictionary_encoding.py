"""Text columns as integers by Arrow's dictionaries, without a Python string for any cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tastemaker.ids import Ids

DICTIONARY = pa.dictionary(pa.int32(), pa.string())
"""The type of a text column in memory: each text once, and four bytes per row."""


def as_dictionary(column: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    """The column as DICTIONARY, whatever its type."""
    if isinstance(column, pa.Array):
        column = pa.chunked_array([column])
    if column.type == DICTIONARY:
        return column
    return column.cast(pa.string()).dictionary_encode()


def encode_columns(columns: Sequence[pa.Array | pa.ChunkedArray]) -> tuple[Ids, list[NDArray[np.int32]]]:
    """The sorted ids of several columns together, and each column's positions in them, -1 for null."""
    encoded = [as_dictionary(column) for column in columns]
    chunks = [chunk for column in encoded for chunk in column.chunks]
    together = pa.chunked_array(chunks, DICTIONARY).unify_dictionaries()
    texts = together.chunk(0).dictionary if together.num_chunks else pa.array([], pa.string())
    indices = [chunk.indices.fill_null(len(texts)).to_numpy() for chunk in together.chunks]
    used = np.zeros(len(texts) + 1, bool)  # a dictionary may hold texts of rows that were filtered out
    for part in indices:
        used[part] = True
    order = pc.sort_indices(texts).to_numpy()
    order = order[used[order]]
    position = np.full(len(texts) + 1, -1, np.int32)
    position[order] = np.arange(len(order))
    found, at = [], 0
    for column in encoded:
        parts = [position[part] for part in indices[at : at + column.num_chunks]]
        found.append(np.concatenate([np.zeros(0, np.int32), *parts]))
        at += column.num_chunks
    return ids_of(texts.take(pa.array(order))), found


def ids_of(texts: pa.Array) -> Ids:
    """The ids of sorted, distinct texts."""
    _, offsets, blob = texts.cast(pa.large_string()).buffers()
    places = np.frombuffer(offsets, np.int64)[: len(texts) + 1] if len(texts) else np.zeros(1, np.int64)
    data = np.frombuffer(blob, np.uint8)[: places[-1]] if places[-1] else np.zeros(0, np.uint8)
    return Ids(data, places)


def texts_of(ids: Ids) -> pa.Array:
    """The ids as a text column, without a copy."""
    buffers = [None, pa.py_buffer(ids.offsets), pa.py_buffer(ids.blob)]
    return pa.Array.from_buffers(pa.large_string(), len(ids), buffers)
