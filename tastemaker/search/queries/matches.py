"""Documents that match a query, with their scores, and how such sets are combined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DENSE_SHARE = 16
"""Sets with more than one sixteenth of all documents are combined as vectors of all documents."""


@dataclass(frozen=True)
class Matches:
    """`documents` is int32, increasing. `scores` is float32, one for each document."""

    documents: NDArray[np.int32]
    scores: NDArray[np.float32]

    @classmethod
    def none(cls) -> Matches:
        """No documents."""
        return cls(np.zeros(0, np.int32), np.zeros(0, np.float32))

    @classmethod
    def constant(cls, documents: NDArray[np.integer], score: float) -> Matches:
        """Documents with the same score."""
        return cls(documents.astype(np.int32), np.full(len(documents), score, np.float32))

    @classmethod
    def where(cls, mask: NDArray[np.bool_], score: float) -> Matches:
        """The documents of a mask (bool[documents]), with the same score."""
        return cls.constant(np.flatnonzero(mask), score)

    def __len__(self) -> int:
        return len(self.documents)

    def times(self, factor: float) -> Matches:
        """The same documents with their scores multiplied."""
        return self if factor == 1 else Matches(self.documents, self.scores * np.float32(factor))

    def keep(self, chosen: NDArray[np.bool_]) -> Matches:
        """The matches of a mask over the matches."""
        return Matches(self.documents[chosen], self.scores[chosen])

    def mask(self, size: int) -> NDArray[np.bool_]:
        """bool[size]: which documents match."""
        mask = np.zeros(size, bool)
        mask[self.documents] = True
        return mask


def union(
    sets: Sequence[Matches], size: int, *, at_least: int = 1, tie_breaker: float | None = None
) -> Matches:
    """The documents of at least `at_least` sets, with the sum of their scores.

    With a `tie_breaker`, the score is the best one, and that share of the others. `size` is the number of all
    documents.
    """
    if len(sets) < at_least or not sets:
        return Matches.none()
    if len(sets) == 1:
        return sets[0]
    if sum(map(len, sets)) * DENSE_SHARE > size:
        return _dense_union(sets, size, at_least, tie_breaker)
    documents = np.concatenate([some.documents for some in sets])
    scores = np.concatenate([some.scores for some in sets])
    order = np.argsort(documents, kind="stable")
    documents, scores = documents[order], scores[order]
    first = np.ones(len(documents), bool)
    first[1:] = documents[1:] != documents[:-1]
    at = np.flatnonzero(first)
    if not len(at):
        return Matches.none()
    total = np.add.reduceat(scores, at)
    if tie_breaker is not None:
        total = _tied(np.maximum.reduceat(scores, at), total, tie_breaker)
    found = Matches(documents[at], total)
    return found if at_least == 1 else found.keep(np.diff(np.append(at, len(documents))) >= at_least)


def _dense_union(sets: Sequence[Matches], size: int, at_least: int, tie_breaker: float | None) -> Matches:
    total, count = np.zeros(size, np.float32), np.zeros(size, np.int32)
    best = np.zeros(size, np.float32) if tie_breaker is not None else None
    for some in sets:
        total[some.documents] += some.scores
        count[some.documents] += 1
        if best is not None:
            best[some.documents] = np.maximum(best[some.documents], some.scores)
    documents = np.flatnonzero(count >= at_least).astype(np.int32)
    scores = total[documents]
    if best is not None and tie_breaker is not None:
        scores = _tied(best[documents], scores, tie_breaker)
    return Matches(documents, scores)


def _tied(best: NDArray[np.float32], total: NDArray[np.float32], tie_breaker: float) -> NDArray[np.float32]:
    return best + np.float32(tie_breaker) * (total - best)


def intersection(sets: Sequence[Matches]) -> Matches:
    """The documents of all sets, with the sum of their scores. Raises ValueError for no sets."""
    if not sets:
        raise ValueError("an intersection needs a set")
    ordered = sorted(sets, key=len)
    found = ordered[0]
    for other in ordered[1:]:
        if not len(found):
            return found
        place = np.minimum(np.searchsorted(other.documents, found.documents), max(len(other) - 1, 0))
        same = other.documents[place] == found.documents if len(other) else np.zeros(len(found), bool)
        found = Matches(found.documents[same], found.scores[same] + other.scores[place[same]])
    return found


def without(found: Matches, excluded: Matches, size: int) -> Matches:
    """The matches that are not in another set."""
    return found.keep(~excluded.mask(size)[found.documents]) if len(excluded) and len(found) else found
