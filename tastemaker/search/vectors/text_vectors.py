"""The vectors of a dataset group's items, aligned with the documents of an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import Ids
from tastemaker.search.errors import InvalidArgumentError
from tastemaker.search.index.reader import Reader

FIELD = "text_vector"
"""The field that vector queries name."""
NONE = np.float32(-2.0)
"""The cosine of a document without a vector: less than any other."""

Vector = NDArray[np.float32]


class QueryEncoder(Protocol):
    """The model that made the vectors of items, for queries."""

    def encode(self, text: str) -> Vector:
        """The vector of a text: float32[width] of length 1, or zeros. Raises SearchError."""
        ...


@dataclass(frozen=True)
class _Aligned:
    """The row of each document of a part: int32, -1 for none. `rows` None means one after the other."""

    ids: Ids
    rows: NDArray[np.int32] | None


class TextVectors:
    """`vectors` is float32[items, width], rows of length 1, or 0 for an item without text."""

    def __init__(self, ids: Ids, vectors: NDArray[np.float32], encoder: QueryEncoder) -> None:
        self._ids, self._vectors, self.encoder = ids, vectors, encoder
        self._parts: list[_Aligned] = []
        self._blank = np.flatnonzero(~vectors.any(axis=1))

    @property
    def width(self) -> int:
        """The number of dimensions."""
        return int(self._vectors.shape[1])

    def cosines(self, reader: Reader, vector: Sequence[float] | Vector) -> NDArray[np.float32]:
        """The cosine of each document's vector with another: float32[documents]; `NONE` without a vector.

        Raises InvalidArgumentError for a vector of another width.
        """
        wanted = np.asarray(vector, np.float32)
        if wanted.shape != (self.width,):
            raise InvalidArgumentError(
                f"Query vector has invalid dimension: {wanted.size}. Dimension should be: {self.width}"
            )
        length = float(np.linalg.norm(wanted.astype(np.float64)))
        found = np.full(reader.size, NONE, np.float32)
        if not 0 < length < np.inf:
            return found
        every = self._vectors @ (wanted / np.float32(length))
        every[self._blank] = NONE
        for part, aligned in zip(reader.parts, self._aligned(reader), strict=True):
            here = found[part.start : part.start + len(part.ids)]
            if aligned.rows is None:
                here[:] = every
            else:
                has = np.flatnonzero(aligned.rows >= 0)
                here[has] = every[aligned.rows[has]]
        return found

    def _aligned(self, reader: Reader) -> list[_Aligned]:
        """The rows of each part. Most parts stay the same when items change."""
        known, self._parts = self._parts, []
        for part in reader.parts:
            same = next((one for one in known if one.ids is part.ids), None)
            self._parts.append(same or self._align(part.ids))
        return self._parts

    def _align(self, ids: Ids) -> _Aligned:
        rows = self._ids.indexes(ids.tolist())
        is_same = len(rows) == len(self._ids) and np.array_equal(rows, np.arange(len(rows)))
        return _Aligned(ids, None if is_same else rows)
