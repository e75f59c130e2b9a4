"""Cluster the item vectors of a large catalog, and choose how much of them a search reads.

Clusters are found by k-means in two levels: first as many groups as the root of the number of clusters, then
the clusters of each group. So the work grows with the number of items times that root. The share that a
search reads is chosen by queries: the exact best items are computed for some users, and the share is the
smallest one that finds enough of them. If that share is too large, the catalog gets no clusters, and serving
scores every item.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.models import Bundle
from tastemaker.models.clusters import Clusters, Static
from tastemaker.models.sequence import SequenceModel
from tastemaker.models.topk import top_k
from training.progress import log

MIN_ITEMS = 100_000
"""With fewer items, scoring all of them takes hardly longer than reading a user's history."""
BEST_ITEMS, RECALL = 100, 0.997
"""The number of best items of a user, and the part of them that must be found on average."""
MAX_SHARE = 0.3
"""Reading a larger share in pieces gains too little over reading everything."""
QUERIES = 300
SAMPLED, ROUNDS = 64, 8
"""The vectors per center that k-means looks at, and how often it moves the centers."""
CHUNK = 1 << 14

Array = NDArray[np.float32]


def add(folder: Path, *, least: int = MIN_ITEMS, most: float = MAX_SHARE, seed: int = 0) -> Clusters | None:
    """Add clusters to a bundle that has at least `least` items.

    Returns None, and adds nothing, if the bundle has fewer items or if its users need a larger share than
    `most`.
    """
    bundle = Bundle.open(folder)
    if bundle.model_name != "sequence" or len(bundle.items) < least:
        return None
    model = SequenceModel(bundle)
    if model.encoder is None or not model.parts["encoder"]["weight"]:
        return None
    users = np.flatnonzero(np.diff(bundle.histories.offsets))
    asked = np.random.default_rng(seed).permutation(users)[:QUERIES].tolist()
    if not asked:
        return None
    weight = np.float32(model.parts["encoder"]["weight"])
    now = int(bundle.manifest.get("latestTimestamp") or 0)
    vectors = [
        model.vector(model.relevant(bundle.histories.of(user)), now=now, user_index=user) for user in asked
    ]
    clusters = build(model.item_vectors, seed)
    clusters.share = needed(clusters, weight * np.stack(vectors), model.static.values)
    log(f"clusters: {len(clusters.centers)}, of which users need {clusters.share:.1%} of the items")
    if clusters.share > most:
        return None
    clusters.save(folder / "model")
    return clusters


def build(vectors: Array, seed: int = 0) -> Clusters:
    """Clusters of about a quarter of the root of the number of items. `share` is 1 until it is chosen."""
    rng = np.random.default_rng(seed)
    wanted = len(vectors) / max(64.0, len(vectors) ** 0.5 / 4)
    groups = nearest(vectors, k_means(vectors, round(wanted**0.5), rng))
    labels, count = np.empty(len(vectors), np.int64), 0
    for group in range(int(groups.max()) + 1):
        members = np.flatnonzero(groups == group)
        if len(members):
            part = vectors[members]
            centers = k_means(part, max(1, round(wanted * len(members) / len(vectors))), rng)
            labels[members] = count + nearest(part, centers)
            count += len(centers)
    order = np.argsort(labels, kind="stable").astype(np.int32)
    sizes = np.bincount(labels, minlength=count)
    sizes = sizes[sizes > 0]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    ordered = np.ascontiguousarray(vectors[order])
    centers = (np.add.reduceat(ordered, starts[:-1], axis=0) / sizes[:, None]).astype(np.float32)
    squares = np.add.reduceat(np.einsum("ij,ij->i", ordered, ordered, dtype=np.float64), starts[:-1]) / sizes
    spread = np.maximum(squares - np.einsum("ij,ij->i", centers, centers), 0) / vectors.shape[1]
    return Clusters(order, starts, centers, spread.astype(np.float32), ordered, 1.0)


def needed(clusters: Clusters, queries: Array, static: Array) -> float:
    """The smallest share of the items that holds the part RECALL of the BEST_ITEMS of these queries."""
    by_cluster = Static.of(static, clusters)
    sizes = np.diff(clusters.starts)
    where = np.empty(len(clusters), np.int64)
    where[clusters.order] = np.repeat(np.arange(len(sizes)), sizes)
    shares = []
    for vector in queries:
        scores = np.empty(len(clusters), np.float32)
        scores[clusters.order] = clusters.vectors @ vector
        ranked = np.argsort(-(clusters.centers @ vector + by_cluster.high))
        read = np.empty(len(sizes))
        read[ranked] = np.cumsum(sizes[ranked]) / len(clusters)
        shares.append(read[where[top_k(scores + static, BEST_ITEMS)]])
    return float(np.quantile(np.concatenate(shares), RECALL))


def k_means(vectors: Array, count: int, rng: np.random.Generator) -> Array:
    """At most `count` centers of a sample, float32[count, width] (Lloyd's method, from random vectors)."""
    sample = vectors[rng.permutation(len(vectors))[: SAMPLED * count]]
    centers = sample[:count].copy()
    for _ in range(ROUNDS if count > 1 else 1):
        labels = nearest(sample, centers)
        order, sizes = np.argsort(labels, kind="stable"), np.bincount(labels, minlength=len(centers))
        full = sizes > 0
        begins = (np.cumsum(sizes) - sizes)[full]
        sums = np.add.reduceat(sample[order], begins, axis=0)
        centers = np.divide(sums, sizes[full, None], dtype=np.float32)
    return centers


def nearest(vectors: Array, centers: Array) -> NDArray[np.int64]:
    """The nearest center of each vector."""
    half = np.einsum("ij,ij->i", centers, centers) / 2
    found = [
        (vectors[start : start + CHUNK] @ centers.T - half).argmax(1)
        for start in range(0, len(vectors), CHUNK)
    ]
    return np.concatenate(found)
