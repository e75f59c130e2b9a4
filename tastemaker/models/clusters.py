"""Item vectors by cluster, so that of a large catalog only the clusters are read that may hold good items.

An inverted file (Jégou, Douze, Schmid, "Product Quantization for Nearest Neighbor Search", 2011, without
quantizing): vectors lie cluster by cluster, and a search reads the clusters whose center the query likes
best. What is read is scored exactly; what may be missed is the recall, which training measures when it
settles how much is read (`training.algorithms.clusters`). Items behind the last clustered one (they came
since) are
always read.

    clusters.order.npy    int32[items]: positions, cluster by cluster, rising within one
    clusters.starts.npy   int64[clusters + 1]: where each cluster begins
    clusters.centres.npy  float32[clusters, width]: its mean
    clusters.spread.npy   float32[clusters]: the variance of its vectors around it, the mean over coordinates
    clusters.vectors.npy  float32[items, width]: item vectors in that order
    clusters.share.npy    float64[1]: how much of the catalog a search reads
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import open_array, save_array
from tastemaker.models.scores import log_sum
from tastemaker.models.sparse import ranges

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]
KEPT_MASKS = 4
ALL = 1 << 14
"""Of so few items that a mask lets through, all are read."""
FEW = 0.02
"""A mask that holds back no more than this part of all items changes the search no further: a user's own
items are such a part.
"""
UNREAD = -(1 << 40)
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
class Kept:
    """What a mask lets through, in the order of clusters: `rows` int32[kept], rising, or, if it holds back
    few, None and the rows that it holds back; `sizes` int64[clusters], how many it lets through of each.
    """

    mask: Mask
    rows: NDArray[np.int32] | None
    held: NDArray[np.int32]
    sizes: NDArray[np.int64]


@dataclass(frozen=True)
class Found:
    """What a search read: `items` int32[read] and their `scores` (-inf for what a mask holds back); for all
    others `rest`, the estimated logarithm of the sum of their exponentials.

    `shifts` int64[clusters]: what leads from the place of an item in `among` (if None: from its row) to its
    place in `items`; far below zero for a cluster that was not read.
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
    _kept: list[Kept] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.order)

    def save(self, folder: Path) -> None:
        """Write the files."""
        for name, file in FILES.items():
            save_array(folder / f"clusters.{file}.npy", np.atleast_1d(getattr(self, name)))

    @classmethod
    def open(cls, folder: Path) -> Clusters | None:
        """Map what `save` wrote; None if a model has no clusters."""
        if not (folder / "clusters.order.npy").exists():
            return None
        order, starts, centers, spread, vectors, share = (
            open_array(folder / f"clusters.{file}.npy") for file in FILES.values()
        )
        return cls(order, starts, centers, spread, vectors, float(share[0]))

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """How many items each cluster has."""
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
        """What the best clusters hold for a query: products with the vector plus what is static.

        A mask makes the search read more clusters, and of those only what it lets through: as many more as
        the root of how rare it makes items, which keeps the recall (tests/tastemaker/models/test_clusters).
        """
        kept = None if allowed is None else self._through(allowed)
        among = None if kept is None else kept.rows
        sizes = self.sizes if kept is None else kept.sizes
        total = int(sizes.sum())
        share = self.share * (len(self) / max(total, 1)) ** 0.5
        if among is not None and (total <= ALL or share > 0.5):
            items, scores = self._of_rows(among, vector, static)
            return Found(items, scores, -np.inf, np.zeros(len(sizes), np.int64), among)
        liked = self.centers @ vector
        best = np.argsort(-(liked + static.high))
        read = np.sort(best[: int(np.searchsorted(np.cumsum(sizes[best]), share * total)) + 1])
        there, shifts = self.sizes if among is None else sizes, np.full(len(sizes), UNREAD)
        shifts[read] = np.cumsum(there[read]) - np.cumsum(there)[read]
        if among is None:
            items, scores = self._of_clusters(read, vector, static)
        else:
            rows = among.take(ranges((np.cumsum(sizes) - sizes)[read], sizes[read]))
            items, scores = self._of_rows(rows, vector, static)
        if kept is not None and among is None:
            held = kept.held + shifts.take(self.of_row.take(kept.held))
            scores[held[held >= 0]] = -np.inf
        # Of a cluster that is not read: its size times the mean of a log-normal distribution.
        left = sizes > 0
        left[read] = False
        masses = (liked + static.means)[left] + np.float32(vector @ vector / 2) * self.spread[left]
        masses += np.log(sizes[left])
        return Found(items, scores, log_sum(masses), shifts, among)

    def places(self, found: Found, items: NDArray[np.integer]) -> NDArray[np.int64]:
        """Where these items, which the search's mask lets through, are in `found.items`; negative if they
        were not read.
        """
        rows = self.rows.take(items)
        shifts = found.shifts.take(self.of_row.take(rows))
        return shifts + (rows if found.among is None else np.searchsorted(found.among, rows))

    def _of_rows(
        self, rows: NDArray[np.integer], vector: Array, static: Static
    ) -> tuple[NDArray[np.int32], Array]:
        """The items of single rows, and their scores."""
        scores = self.vectors.take(rows, axis=0) @ vector
        scores += static.ordered.take(rows)
        return self.order.take(rows), scores

    def _of_clusters(
        self, read: NDArray[np.integer], vector: Array, static: Static
    ) -> tuple[NDArray[np.int32], Array]:
        """The items of whole clusters, rising, and their scores. Neighbors are read in one go."""
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

    def _through(self, allowed: Mask) -> Kept:
        """Filters' masks are cached: the last few are kept in this order too."""
        for kept in self._kept:
            if kept.mask is allowed:
                return kept
        clustered = allowed[: len(self)]
        held = len(self) - int(np.count_nonzero(clustered))
        if few := held <= FEW * len(self):
            rows = self.rows.take(np.flatnonzero(~clustered))
        else:
            rows = np.sort(self.rows.take(np.flatnonzero(clustered)))
        sizes = np.bincount(self.of_row.take(rows), minlength=len(self.sizes))
        kept = Kept(allowed, None, rows, self.sizes - sizes) if few else Kept(allowed, rows, rows[:0], sizes)
        if not allowed.flags.writeable:  # else it may be another one tomorrow
            self._kept = [kept, *self._kept[: KEPT_MASKS - 1]]
        return kept


@dataclass(frozen=True)
class Static:
    """What is added to a product whoever asks: float32[items], the same in the order of clusters, and by
    cluster its highest and the logarithm of the mean of its exponential.
    """

    values: Array
    ordered: Array
    high: Array
    means: Array

    @classmethod
    def of(cls, values: Array, clusters: Clusters | None) -> Static:
        """Of clusters that have at least one item each; without clusters there is nothing by cluster."""
        if clusters is None:
            return cls(values, values[:0], values[:0], values[:0])
        ordered, starts = values[clusters.order], clusters.starts[:-1]
        high = np.maximum.reduceat(ordered, starts)
        sizes = np.diff(clusters.starts)
        sums = np.add.reduceat(np.exp(ordered - np.repeat(high, sizes)), starts)
        return cls(values, ordered, high, high + np.log(sums / sizes).astype(np.float32))
