"""Item vectors by cluster, so that a search of a large catalog reads only the promising clusters.

This is an inverted file without quantization (Jégou, Douze, Schmid, "Product Quantization for Nearest
Neighbor Search", 2011). Vectors are stored cluster by cluster, and a search reads the clusters whose centers
fit the query best. What is read is scored exactly. The recall of the search is measured when training chooses
how much is read (`training.algorithms.clusters`). Items that came after the clusters were made are always
read. The files:

    clusters.order.npy    int32[items]: positions, cluster by cluster, rising within one
    clusters.starts.npy   int64[clusters + 1]: where each cluster begins
    clusters.centres.npy  float32[clusters, width]: its mean
    clusters.spread.npy   float32[clusters]: the variance around the mean, averaged over coordinates
    clusters.vectors.npy  float32[items, width]: item vectors in that order
    clusters.share.npy    float64[1]: how much of the catalog a search reads
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import open_array, save_array
from tastemaker.masks import Flags, Mask
from tastemaker.models.scores import log_sum
from tastemaker.models.sparse import ranges

Array = NDArray[np.float32]
MAX_CACHED_MASKS = 4
READ_ALL_ITEMS = 1 << 14
"""If a mask allows no more items than this, all of them are read."""
FEW_HELD_BACK = 0.02
"""The share of items that a mask may hold back without changing the search.

A user's own items are such a small share.
"""
UNREAD = -(1 << 40)
NO_CLUSTERS = np.zeros(0, np.int64)
FILES = {
    "order": "order",
    "starts": "starts",
    "centers": "centres",  # the spelling of format version 1
    "spread": "spread",
    "vectors": "vectors",
    "share": "share",
}
"""Each array and the name of its file."""


@dataclass(frozen=True)
class AllowedRows:
    """What a mask allows, in the order of clusters.

    `rows` is int32[rows], rising, and None for all rows. `of_clusters` is how many of them each cluster has:
    int64[clusters]. `held` has a few of the rows that are not allowed after all, and `sizes` is the number of
    allowed items of each cluster.
    """

    rows: NDArray[np.int32] | None
    of_clusters: NDArray[np.int64]
    held: NDArray[np.int32]
    sizes: NDArray[np.int64]


@dataclass(frozen=True)
class Found:
    """What a search read.

    `items` is int32[read], and `scores` are their scores, -inf for items that a mask holds back. `rest` is
    the estimated logarithm of the sum of the exponentials of all other scores.

    `shifts` is int64[clusters]. It leads from the place of an item in `among` (or from its row, if `among` is
    None) to its place in `items`. It is far below zero for a cluster that was not read.
    """

    items: NDArray[np.int32]
    scores: Array
    rest: float
    shifts: NDArray[np.int64]
    among: NDArray[np.int32] | None = None


@dataclass
class Clusters:
    """The arrays of the files. `share` is from 0 to 1. A row is a place in `order`."""

    order: NDArray[np.int32]
    starts: NDArray[np.int64]
    centers: Array
    spread: Array
    vectors: Array
    share: float
    _kept: list[tuple[Flags, AllowedRows]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.order)

    def save(self, folder: Path) -> None:
        """Write the files."""
        for name, file in FILES.items():
            save_array(folder / f"clusters.{file}.npy", np.atleast_1d(getattr(self, name)))

    @classmethod
    def open(cls, folder: Path) -> Clusters | None:
        """Map the files that `save` wrote. None if the model has no clusters."""
        if not (folder / "clusters.order.npy").exists():
            return None
        order, starts, centers, spread, vectors, share = (
            open_array(folder / f"clusters.{file}.npy") for file in FILES.values()
        )
        return cls(order, starts, centers, spread, vectors, float(share[0]))

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """The number of items of each cluster: int64[clusters]."""
        return np.diff(self.starts)

    @cached_property
    def rows(self) -> NDArray[np.int32]:
        """The row of each item: int32[items]."""
        rows = np.empty(len(self), np.int32)
        rows[self.order] = np.arange(len(self), dtype=np.int32)
        return rows

    @cached_property
    def of_row(self) -> NDArray[np.int32]:
        """The cluster of each row: int32[items]."""
        return np.repeat(np.arange(len(self.sizes), dtype=np.int32), self.sizes)

    def search(self, vector: Array, static: Static, allowed: Mask | None = None) -> Found:
        """Score the items of the best clusters: products with the vector plus what is static.

        With a mask, the search reads more clusters, and only the allowed items of those. The share grows with
        the root of how rare the mask makes items, which keeps the recall (see
        `tests/tastemaker/models/test_clusters.py`).
        """
        return self.search_together(vector[None], static, [allowed])[0]

    def search_together(self, vectors: Array, static: Static, allowed: Sequence[Mask | None]) -> list[Found]:
        """The results of `search` for several vectors [users, width], each with its mask."""
        liked = vectors @ self.centers.T
        kept = [self._through(Mask(len(self)) if mask is None else mask) for mask in allowed]
        reads = [self._chosen(one, static, rows) for one, rows in zip(liked, kept, strict=True)]
        whole = [user for user, rows in enumerate(kept) if rows.rows is None]
        of_clusters = self._of_clusters([reads[user] for user in whole], vectors[whole], static)
        scored = dict(zip(whole, of_clusters, strict=True))
        return [
            self._found(one, vectors[user], static, kept[user], reads[user], scored.get(user))
            for user, one in enumerate(liked)
        ]

    def _chosen(self, liked: Array, static: Static, kept: AllowedRows) -> NDArray[np.int64]:
        """The clusters to read, rising: all of them if the allowed items are few."""
        sizes = kept.sizes
        total = int(sizes.sum())
        share = self.share * (len(self) / max(total, 1)) ** 0.5
        if kept.rows is not None and (total <= READ_ALL_ITEMS or share > 0.5):
            return np.arange(len(sizes))
        best = np.argsort(-(liked + static.high))
        return np.sort(best[: int(np.searchsorted(np.cumsum(sizes[best]), share * total)) + 1])

    def _found(
        self,
        liked: Array,
        vector: Array,
        static: Static,
        kept: AllowedRows,
        read: NDArray[np.int64],
        scored: tuple[NDArray[np.int32], Array] | None,
    ) -> Found:
        """What a search read in these clusters. `scored` has the items of whole clusters, if those count."""
        among, there, shifts = kept.rows, kept.of_clusters, np.full(len(kept.sizes), UNREAD)
        begins = np.cumsum(there) - there
        shifts[read] = np.cumsum(there[read]) - there[read] - begins[read]
        if scored is not None:
            items, scores = scored
        else:
            assert among is not None
            rows = among.take(ranges(begins[read], there[read]))
            items, scores = self._of_rows(rows, vector, static)
        if len(kept.held):
            held = self._places(kept.held, shifts, among)
            scores[held[held >= 0]] = -np.inf
        # A cluster that is not read counts its size times the mean of a log-normal distribution.
        left = kept.sizes > 0
        left[read] = False
        masses = (liked + static.means)[left] + np.float32(vector @ vector / 2) * self.spread[left]
        masses += np.log(kept.sizes[left])
        return Found(items, scores, log_sum(masses), shifts, among)

    def places(self, found: Found, items: NDArray[np.integer]) -> NDArray[np.int64]:
        """The places of these items in `found.items`; negative for items that were not read."""
        return self._places(self.rows.take(items), found.shifts, found.among)

    def _places(
        self, rows: NDArray[np.int32], shifts: NDArray[np.int64], among: NDArray[np.int32] | None
    ) -> NDArray[np.int64]:
        places: NDArray[np.int64] = shifts.take(self.of_row.take(rows))
        if among is None:
            places += rows
        elif len(among):
            there = np.searchsorted(among, rows)
            places += there
            places[among.take(there, mode="clip") != rows] = UNREAD
        else:
            places[:] = UNREAD
        return places

    def _of_rows(
        self, rows: NDArray[np.integer], vector: Array, static: Static
    ) -> tuple[NDArray[np.int32], Array]:
        """The items of single rows, and their scores."""
        scores = self.vectors.take(rows, axis=0) @ vector
        scores += static.ordered.take(rows)
        return self.order.take(rows), scores

    def _of_clusters(
        self, reads: Sequence[NDArray[np.int64]], vectors: Array, static: Static
    ) -> list[tuple[NDArray[np.int32], Array]]:
        """The items of the whole clusters that each user reads, rising by row, and their scores.

        A user alone reads adjacent clusters in one go. For several users, each cluster is read once, and its
        vectors are multiplied with those of all users who read it.
        """
        if len(reads) == 1:
            return [self._of_runs(reads[0], vectors[0], static)]
        read = np.concatenate([*reads, NO_CLUSTERS])
        whose = np.repeat(np.arange(len(reads)), list(map(len, reads)))
        order = np.argsort(read, kind="stable")
        sizes = self.sizes[read[order]]
        ends = np.cumsum(sizes)
        scores = np.empty(int(sizes.sum()), np.float32)
        first = np.flatnonzero(np.diff(read[order], prepend=-1))
        for begin, end in pairwise([*first.tolist(), len(order)]):
            cluster, users = int(read[order[begin]]), whose[order[begin:end]]
            rows = slice(self.starts[cluster], self.starts[cluster + 1])
            block = scores[ends[begin] - sizes[begin] : ends[end - 1]].reshape(len(users), -1)
            np.dot(vectors[users], self.vectors[rows].T, out=block)
            block += static.ordered[rows]
        begins = np.empty(len(order), np.int64)
        begins[order] = ends - sizes  # where the scores of a user's cluster begin
        found, place = [], 0
        for clusters in reads:
            of_user = slice(place, place := place + len(clusters))
            lengths = self.sizes[clusters]
            items = self.order.take(ranges(self.starts[clusters], lengths))
            found.append((items, scores.take(ranges(begins[of_user], lengths))))
        return found

    def _of_runs(
        self, read: NDArray[np.integer], vector: Array, static: Static
    ) -> tuple[NDArray[np.int32], Array]:
        """The items of whole clusters, rising by row, and their scores."""
        begins, ends = self.starts[read], self.starts[read + 1]
        apart = np.flatnonzero(begins[1:] != ends[:-1])
        begins = begins[np.append(0, apart + 1)].tolist()
        ends = ends[np.append(apart, len(read) - 1)].tolist()
        runs = [slice(begin, end) for begin, end in zip(begins, ends, strict=True)]
        scores = np.concatenate([static.ordered[run] for run in runs])
        products, place = np.empty_like(scores), 0
        for run in runs:
            after = place + run.stop - run.start
            self.vectors[run].dot(vector, products[place:after])
            place = after
        scores += products
        return np.concatenate([self.order[run] for run in runs]), scores

    def _through(self, allowed: Mask) -> AllowedRows:
        """The rows that a mask allows, without what it adds to the rows of its shared mask."""
        shared = self._through_shared(allowed.shared)
        changed = allowed.changed if shared.rows is None else allowed.removed
        if not len(changed):
            return shared
        rows = self.rows.take(changed[: np.searchsorted(changed, len(self))])
        # Of all rows, those that are held back and change are allowed, and the others that change are not.
        held = np.setxor1d(shared.held, rows, assume_unique=True) if len(shared.held) else rows
        sizes = shared.of_clusters - np.bincount(self.of_row.take(held), minlength=len(self.sizes))
        return replace(shared, held=held, sizes=sizes)

    def _through_shared(self, allowed: Flags | bool) -> AllowedRows:
        """The rows that a shared mask allows. The last few are cached, because filters' masks are."""
        if isinstance(allowed, bool):
            nothing, sizes = self.rows[:0], self.sizes * allowed
            return AllowedRows(None if allowed else nothing, sizes, nothing, sizes)
        for flags, kept in self._kept:
            if flags is allowed:
                return kept
        clustered = allowed[: len(self)]
        held = len(self) - int(np.count_nonzero(clustered))
        if few := held <= FEW_HELD_BACK * len(self):
            rows = self.rows.take(np.flatnonzero(~clustered))
        else:
            rows = np.sort(self.rows.take(np.flatnonzero(clustered)))
        sizes = np.bincount(self.of_row.take(rows), minlength=len(self.sizes))
        if few:
            kept = AllowedRows(None, self.sizes, rows, self.sizes - sizes)
        else:
            kept = AllowedRows(rows, sizes, rows[:0], sizes)
        if not allowed.flags.writeable:  # a writeable mask may change later
            self._kept = [(allowed, kept), *self._kept[: MAX_CACHED_MASKS - 1]]
        return kept


@dataclass(frozen=True)
class Static:
    """What is added to a product for every user.

    `values` is float32[items], and `ordered` the same in the order of clusters. `high` and `means` are
    float32[clusters]: the highest value, and the logarithm of the mean exponential.
    """

    values: Array
    ordered: Array
    high: Array
    means: Array

    @classmethod
    def of(cls, values: Array, clusters: Clusters | None) -> Static:
        """The values by cluster. Every cluster has at least one item. Without clusters, those are empty."""
        if clusters is None:
            return cls(values, values[:0], values[:0], values[:0])
        ordered, starts = values[clusters.order], clusters.starts[:-1]
        high = np.maximum.reduceat(ordered, starts)
        sizes = np.diff(clusters.starts)
        sums = np.add.reduceat(np.exp(ordered - np.repeat(high, sizes)), starts)
        return cls(values, ordered, high, high + np.log(sums / sizes).astype(np.float32))
