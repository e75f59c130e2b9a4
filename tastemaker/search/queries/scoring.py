"""BM25, as Lucene computes it since version 8: without the factor k1 + 1.

S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009. Lucene stores
the length of a field in one byte; here it is exact.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tastemaker.search.index.reader import FieldStatistics, Postings
from tastemaker.search.queries.matches import Matches

K1 = 1.2
B = 0.75


def idf(documents: int, frequency: int) -> float:
    """The weight of a token that `frequency` of `documents` documents have."""
    return math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5))


def bm25(postings: Postings, statistics: FieldStatistics, boost: float = 1.0) -> Matches:
    """The documents of a token with their scores."""
    weight = idf(max(statistics.documents, len(postings.documents)), len(postings.documents))
    saturation = saturated(postings.counts, postings.lengths, statistics)
    return Matches(postings.documents, np.float32(weight * boost) * saturation)


def saturated(
    counts: NDArray[np.float32], lengths: NDArray[np.float32], statistics: FieldStatistics
) -> NDArray[np.float32]:
    """How much counts say, given the lengths of the field: 0 to 1."""
    norm = K1 * (1 - B + B * lengths / max(statistics.mean_length, 1e-9))
    return (counts / (counts + norm)).astype(np.float32)


def exact_score(documents: int, frequency: int) -> float:
    """The score of a whole value, which occurs once and whose length does not count."""
    return idf(documents, min(frequency, documents)) / (1 + K1)
