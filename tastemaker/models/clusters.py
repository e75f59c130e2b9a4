"""Item vectors by cluster, so that of a large catalogue only the clusters are read that may hold good items.

An inverted file (Jégou, Douze, Schmid, "Product Quantization for Nearest Neighbor Search", 2011, without
quantising): vectors lie cluster by cluster, and a search reads the clusters whose centre the query likes
best. What is read is scored exactly; what may be missed is the recall, which training measures when it
settles how much is read (`training.clusters`). Items behind the last clustered one (they came since) are
always read.

    clusters.order.npy    int32[items]: positions, cluster by cluster, rising within one
    clusters.starts.npy   int64[clusters + 1]: where each cluster begins
    clusters.centres.npy  float32[clusters, width]: its mean
    clusters.spread.npy   float32[clusters]: the variance of its vectors around it, the mean over coordinates
    clusters.vectors.npy  float32[items, width]: item vectors in that order
    clusters.share.npy    float64[1]: how much of the catalogue a search reads
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
NAMES = ("order", "starts", "centres", "spread", "vectors", "share")


@dataclass(frozen=True)
class Found:
    """Items that were read and their scores; for those that were not, the estimated logarithm of the sum of
    their exponentials.
    """

    items: NDArray[np.int32]
    scores: Array
    rest: float


@dataclass(frozen=True)
class Ordered:
    """A mask in the order of clusters, and how many of each cluster it lets through."""

    mask: Mask
    allowed: Mask
    counts: NDArray[np.int64]


@dataclass
class Clusters:
    """The arrays of the files. `share` is from 0 to 1."""

    order: NDArray[np.int32]
    starts: NDArray[np.int64]
    centres: Array
    spread: Array
    vectors: Array
    share: float
    _kept: list[Ordered] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.order)

    def save(self, folder: Path) -> None:
        """Write the files."""
        for name in NAMES[:-1]:
            save_array(folder / f"clusters.{name}.npy", getattr(self, name))
        save_array(folder / "clusters.share.npy", np.array([self.share]))

    @classmethod
    def open(cls, folder: Path) -> Clusters | None:
        """Map what `save` wrote; None if a model has no clusters."""
        if not (folder / "clusters.order.npy").exists():
            return None
        order, starts, centres, spread, vectors, share = (
            open_array(folder / f"clusters.{name}.npy") for name in NAMES
        )
        return cls(order, starts, centres, spread, vectors, float(share[0]))

    def search(self, vector: Array, static: Static, allowed: Mask | None = None) -> Found:
        """What the best clusters hold for a query: products with the vector plus what is static.

        A mask makes the search read more clusters, and of those only what it lets through: as many more as
        the root of how rare it makes items, which keeps the recall (tests/tastemaker/models/test_clusters).
        """
        through = None if allowed is None else self._ordered(allowed)
        sizes = np.diff(self.starts) if through is None else through.counts
        total = int(sizes.sum())
        share = self.share * (len(self) / max(total, 1)) ** 0.5
        if through is not None and (total <= ALL or share > 0.5):
            rows = np.flatnonzero(through.allowed)
            items = self.order[rows]
            scores = self.vectors[rows] @ vector + static.ordered[rows]
            return Found(items, scores, -np.inf)
        liked = self.centres @ vector
        best = np.argsort(-(liked + static.high))
        best = best[: int(np.searchsorted(np.cumsum(sizes[best]), share * total)) + 1]
        read = np.sort(best)
        begins, ends = self.starts[read], self.starts[read + 1]
        rows = ranges(begins, ends - begins)
        if through is None:
            scores = np.empty(len(rows), np.float32)
            place = 0
            for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
                np.dot(self.vectors[begin:end], vector, out=scores[place : place + end - begin])
                place += end - begin
        else:
            rows = rows[through.allowed[rows]]
            scores = self.vectors[rows] @ vector
        scores += static.ordered[rows]
        # Of a cluster that is not read: its size times the mean of a log-normal distribution.
        left = sizes > 0
        left[read] = False
        masses = (liked + static.means)[left] + np.float32(vector @ vector / 2) * self.spread[left]
        masses += np.log(sizes[left])
        return Found(self.order[rows], scores, log_sum(masses))

    def _ordered(self, allowed: Mask) -> Ordered:
        """Filters' masks are cached: the last few are kept in this order too."""
        for kept in self._kept:
            if kept.mask is allowed:
                return kept
        through = allowed[self.order]
        counts = np.add.reduceat(through, self.starts[:-1], dtype=np.int64) * (np.diff(self.starts) > 0)
        kept = Ordered(allowed, through, counts)
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
