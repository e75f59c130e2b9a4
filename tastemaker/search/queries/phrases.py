"""Documents that have words in a given order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tastemaker.search.index.reader import Part, Reader
from tastemaker.search.queries.matches import Matches
from tastemaker.search.queries.scoring import idf, saturated

ROW = 1 << 20
"""The factor of the row in a key of row and place. Places are below 2^16, and phrases shift them a little."""


def phrase(
    reader: Reader,
    field: str,
    language: str,
    tokens: Sequence[tuple[str, ...]],
    places: Sequence[int],
    *,
    slop: int = 0,
    boost: float = 1.0,
) -> Matches:
    """The documents with a phrase, scored by how often they have it.

    `tokens` are the alternatives at each place of the phrase, and `places` where they stand in it: stop words
    leave gaps. With a `slop`, words may stand up to so many places from where the phrase has them.
    """
    statistics = reader.statistics(field)
    documents: list[NDArray[np.int32]] = []
    scores: list[NDArray[np.float32]] = []
    weight = boost * sum(
        idf(
            statistics.documents,
            min(len(reader.postings(field, language, some).documents), statistics.documents),
        )
        for some in tokens
    )
    for part in reader.parts:
        rows, counts = _phrase_rows(reader, part, field, language, tokens, places, slop)
        if len(rows):
            lengths = part.segment.fields[field].lengths[rows].astype(np.float32)
            documents.append((rows + part.start).astype(np.int32))
            scores.append(np.float32(weight) * saturated(counts, lengths, statistics))
    return Matches(np.concatenate(documents), np.concatenate(scores)) if documents else Matches.none()


def _phrase_rows(
    reader: Reader,
    part: Part,
    field: str,
    language: str,
    tokens: Sequence[tuple[str, ...]],
    places: Sequence[int],
    slop: int,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The rows of a part with the phrase, and how often: float32, less for words that are out of place."""
    keys = [
        _keys(reader, part, field, language, some, place) for some, place in zip(tokens, places, strict=True)
    ]
    first = keys[0]
    least = most = np.zeros(len(first), np.int64)
    for other in keys[1:]:
        if not len(first) or not len(other):
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        away = _nearest(first, other)
        least, most = np.minimum(least, away), np.maximum(most, away)
        near = most - least <= slop
        first, least, most = first[near], least[near], most[near]
    rows, at = np.unique(first // ROW, return_index=True)
    weights = (1 / (1 + (most - least))).astype(np.float32)
    return rows, np.add.reduceat(weights, at) if len(at) else np.zeros(0, np.float32)


def _keys(
    reader: Reader, part: Part, field: str, language: str, tokens: Sequence[str], place: int
) -> NDArray[np.int64]:
    """Where the phrase would begin, for each occurrence of its word at a place: increasing keys."""
    found = [reader.occurrences(part, field, language, token) for token in tokens]
    rows = np.concatenate([rows for rows, _ in found]).astype(np.int64)
    places = np.concatenate([places for _, places in found])
    keys: NDArray[np.int64] = np.sort(rows * ROW + places + (ROW >> 1) - place)
    return keys


def _nearest(keys: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    """How far the nearest of `others` is from each key: int64[keys]."""
    right = np.searchsorted(others, keys)
    after = others[np.minimum(right, len(others) - 1)] - keys
    before = others[np.maximum(right - 1, 0)] - keys
    return np.where(np.abs(before) < np.abs(after), before, after)
