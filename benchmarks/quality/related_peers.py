"""What the recipes about items and segments are compared with: counts, EASE, and the library implicit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tastemaker.columns import CATEGORICAL
from training.algorithms import linear, popularity
from training.data.baskets import baskets as baskets_of
from training.data.prepared import Prepared, Sequences

EASE_ITEMS = 15_000
"""With more items, EASE's dense inverse is too large here."""

Score = Callable[[int], NDArray[np.floating]]


class Peer(NamedTuple):
    """A model, as scores of all items (or users) for an item, and the CPU seconds to fit it."""

    name: str
    score: Score
    cpu: float


def by_users(sequences: Sequences, items: int) -> Iterator[Peer]:
    """Popularity, plain co-occurrence, neighbors by cosine and BM25, and rows of EASE."""
    popular = popularity.distinct_users(sequences, items).astype(np.float64)
    yield Peer("popularity", lambda item: _but(popular, item), 0.0)
    touched = _matrix(sequences.owners(), sequences.items, items)
    yield from _neighbors(touched, popular, "users")
    if items <= EASE_ITEMS:
        for regularization in (100.0, 500.0):
            began = time.process_time()
            rows = linear.fit(sequences, items, regularization)
            spent = time.process_time() - began
            yield Peer(f"EASE, λ {regularization:.0f}", _rows(rows, popular), spent)


def by_baskets(sequences: Sequences, items: int) -> Iterator[Peer]:
    """Popularity, and neighbors by common users and by common baskets."""
    popular = popularity.distinct_users(sequences, items).astype(np.float64)
    yield Peer("popularity", lambda item: _but(popular, item), 0.0)
    yield from _neighbors(_matrix(sequences.owners(), sequences.items, items), popular, "users")
    yield from _neighbors(_matrix(baskets_of(sequences), sequences.items, items), popular, "baskets")


def by_content(prepared: Prepared, sequences: Sequences, seed: int) -> Iterator[Peer]:
    """Similarity of attributes alone, popularity, and chance."""
    rows, items = prepared.item_features, len(prepared.items)
    size = int(rows.codes.max(initial=0)) + 1
    table = sparse.csr_matrix((rows.weights, rows.codes, rows.offsets), shape=(items, size))
    lengths = np.sqrt(np.asarray(table.multiply(table).sum(1)).ravel()) + 1e-9
    unit = (sparse.diags(1 / lengths) @ table).tocsr()
    yield Peer("content kNN", lambda item: _but((unit @ unit[item].T).toarray().ravel(), item), 0.0)
    popular = popularity.distinct_users(sequences, items).astype(np.float64)
    yield Peer("popularity", lambda item: _but(popular, item), 0.0)
    chance = np.random.default_rng([seed, 14])
    yield Peer("random", lambda item: _but(chance.random(items), item), 0.0)


def of_users(sequences: Sequences, items: int) -> Iterator[Peer]:
    """Scores of users for an item: their activity, how often they had it, and factors of ALS."""
    from implicit.als import AlternatingLeastSquares

    active = sequences.lengths.astype(np.float64)
    yield Peer("activity", lambda item: active, 0.0)
    touched = _matrix(sequences.owners(), sequences.items, items, users=sequences.users)
    by_item = touched.T.tocsr()
    faint = active / (active.max() + 1)
    yield Peer("had the item, then activity", lambda item: by_item[item].toarray().ravel() + faint, 0.0)
    for factors, regularization in ((32, 0.1), (64, 1.0), (128, 10.0)):
        began = time.process_time()
        als = AlternatingLeastSquares(
            factors=factors, regularization=regularization, iterations=15, num_threads=1, random_state=0
        )
        als.fit(touched, show_progress=False)
        spent = time.process_time() - began

        def by_factors(item: int, als: AlternatingLeastSquares = als) -> NDArray[np.floating]:
            return als.user_factors @ als.item_factors[item]

        yield Peer(f"ALS, {factors} factors", by_factors, spent)


def cosines(sequences: Sequences, items: int) -> Score:
    """The cosine of the users of two items."""
    touched = _matrix(sequences.owners(), sequences.items, items)
    touched.data[:] = 1.0
    lengths = np.sqrt(np.asarray(touched.sum(0)).ravel()) + 1e-9
    unit = (touched @ sparse.diags(1 / lengths)).T.tocsr()
    return lambda item: (unit @ unit[item].T).toarray().ravel()


def categories(prepared: Prepared) -> NDArray[np.float32]:
    """float32[items, values], rows of length 1: the categorical attribute that has the most values."""
    columns = [c for c in prepared.item_columns.values() if c.column_type == CATEGORICAL]
    column = max(columns, key=lambda one: len(one.vocabulary))
    table = np.zeros((len(prepared.items), len(column.vocabulary)), np.float32)
    table[np.repeat(np.arange(len(table)), np.diff(column.offsets)), column.codes] = 1.0
    return table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)


def _neighbors(touched: sparse.csr_matrix, popular: NDArray, of: str) -> Iterator[Peer]:
    from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, ItemItemRecommender

    classes = {"co-occurrence": ItemItemRecommender, "item-kNN cosine": CosineRecommender}
    for name, recommender in {**classes, "item-kNN BM25": BM25Recommender}.items():
        began = time.process_time()
        near = recommender(K=200, num_threads=1)
        near.fit(touched, show_progress=False)
        spent = time.process_time() - began
        yield Peer(f"{name} by {of}", _rows(near.similarity.tocsr(), popular), spent)


def _rows(rows, popular: NDArray) -> Score:
    """Scores by a row of a sparse matrix, scipy's or ours, followed by popular items."""
    behind = popular / (popular.max(initial=1.0) + 1.0) - 2.0

    def score(item: int) -> NDArray[np.floating]:
        scores = behind.copy()
        if isinstance(rows, sparse.csr_matrix):
            at = slice(rows.indptr[item], rows.indptr[item + 1])
            columns, values = rows.indices[at], rows.data[at]
        else:
            columns, values = rows.row(item)
        positive = values > 0
        scores[columns[positive]] = values[positive]
        return _but(scores, item)

    return score


def _but(scores: NDArray[np.floating], item: int) -> NDArray[np.floating]:
    """The scores without the item that is asked for."""
    scores = np.array(scores, np.float64)
    scores[item] = -np.inf
    return scores


def _matrix(
    rows: NDArray[np.integer], columns: NDArray[np.integer], items: int, users: int = 0
) -> sparse.csr_matrix:
    shape = (max(users, int(rows.max(initial=-1)) + 1), items)
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)
