"""Queries for the items whose texts are nearest to a vector, or to a text.

https://docs.opensearch.org/latest/query-dsl/specialized/k-nn/ and neural/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.search.queries.context import QueryContext
from tastemaker.search.queries.matches import Matches
from tastemaker.search.queries.node import Query, nothing
from tastemaker.search.vectors.text_vectors import NONE

DEFAULT_COUNT = 10
"""The `k` of a neural query, as in OpenSearch."""


@dataclass(frozen=True)
class Nearest:
    """The `count` documents with the largest cosine. The score is (1 + cosine) / 2, as in OpenSearch.

    Either `vector` or `text` is given. With `least`, all documents of at least this score match instead.
    """

    vector: Sequence[float] | None
    text: str | None
    count: int | None = DEFAULT_COUNT
    least: float | None = None
    filter: Query | None = None
    boost: float = 1.0

    def matches(self, context: QueryContext) -> Matches:
        vectors, reader = context.vectors(), context.reader
        wanted = vectors.encoder.encode(self.text) if self.text is not None else self.vector
        assert wanted is not None
        cosines = vectors.cosines(reader, wanted)
        allowed = reader.live & (cosines > NONE)
        if self.filter is not None:
            allowed &= self.filter.matches(context).mask(reader.size)
        scores = (1 + cosines) / 2
        if self.least is not None:
            allowed &= scores >= self.least
        documents = np.flatnonzero(allowed).astype(np.int32)
        if self.count is not None and self.count < len(documents):
            found = cosines[documents]
            border = np.partition(found, len(found) - self.count)[len(found) - self.count]
            documents, found = documents[found >= border], found[found >= border]
            best = np.argsort(-found, kind="stable")[: self.count]
            documents = np.sort(documents[best])
        return Matches(documents, (scores[documents] * self.boost).astype(np.float32))

    highlights = staticmethod(nothing)
