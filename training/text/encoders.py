"""Encoders that turn texts into vectors whose cosine says how similar the texts are.

`TextEncoder` is the interface of all encoders: a hosted model (`training.text.bedrock`), a sentence model
(`training.text.sentence_model`), and `Lsa`. `Lsa` is built in and needs numpy only. It is latent semantic
analysis, the truncated singular value decomposition of TF-IDF.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tastemaker.search.vectors.lsa import NAME as LSA
from tastemaker.search.vectors.lsa import LsaEncoder
from tastemaker.search.vectors.terms import counted_terms

MAX_TERMS = 50_000
MAX_TERM_SHARE = 0.5
"""Terms in more than this share of the texts say nothing."""

CHUNK = 1 << 22


class TextEncoder(Protocol):
    """Turns texts into vectors.

    `name` goes into the bundle. `name_times` is how often an item's name is put before its text.
    """

    name: str
    name_times: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors: float32[texts, width], rows of length 1, or 0 for a text that says nothing."""


class Lsa:
    """Words and pairs of adjacent words, weighted by rarity, in `width` dimensions. Deterministic by seed."""

    name = LSA
    name_times = 2
    """Words are counted, so the words of the name count twice."""

    def __init__(self, width: int = 128, seed: int = 0, power_steps: int = 3) -> None:
        self.width, self.seed, self.power_steps = width, seed, power_steps
        self.for_queries: LsaEncoder | None = None
        """After `encode`: what encodes other texts in the same way."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows, columns, values, terms, rarity = tf_idf(texts)
        words = len(terms)
        if not words:
            return np.zeros((len(texts), 1), np.float32)
        forward = _Sparse(rows, columns, values, len(texts))
        back = _Sparse(columns, rows, values, words)
        width = min(self.width, len(texts), words)
        guess = np.random.default_rng(self.seed).normal(size=(words, width + 10)).astype(np.float32)
        sample = forward.times(guess)
        for _ in range(self.power_steps):
            basis, _ = np.linalg.qr(sample)
            sample = forward.times(back.times(basis.astype(np.float32)))
        basis, _ = np.linalg.qr(sample)
        small = back.times(basis.astype(np.float32)).T  # (width + 10) × words
        left, sizes, right = np.linalg.svd(small, full_matrices=False)
        self.for_queries = LsaEncoder.build(terms, rarity, right[:width].T)
        found = (basis @ left)[:, :width] * sizes[:width]
        return unit(found)


def tf_idf(
    texts: Sequence[str],
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float32], list[str], NDArray[np.float64]]:
    """Rows, columns and values of the TF-IDF matrix (rows of length 1), its terms, and their rarity.

    A term of a single text connects nothing and is left out, unless there are few texts.
    """
    counted = [counted_terms(text) for text in texts]
    frequency = Counter(term for terms in counted for term in terms)
    least = 2 if len(texts) > 50 else 1
    ceiling = max(MAX_TERM_SHARE * len(texts), 2)
    kept = [term for term, many in frequency.most_common() if least <= many <= ceiling][:MAX_TERMS]
    place = {term: position for position, term in enumerate(kept)}
    rarity = np.log((1 + len(texts)) / (1 + np.array([frequency[term] for term in kept], float)))
    rows, columns, values = [], [], []
    for number, terms in enumerate(counted):
        for term, many in terms.items():
            column = place.get(term)
            if column is not None:
                rows.append(number)
                columns.append(column)
                values.append((1 + np.log(many)) * rarity[column])
    row, value = np.array(rows, np.int64), np.array(values, np.float64)
    norms = np.sqrt(np.bincount(row, value * value, len(texts))) if len(row) else np.zeros(len(texts))
    value = value / np.maximum(norms[row], 1e-12)
    return row, np.array(columns, np.int64), value.astype(np.float32), kept, rarity


def unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    """The rows, scaled to length 1. Zeros stay."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(norms > 1e-9, norms, 1.0)).astype(np.float32)


class _Sparse:
    """A sparse matrix that can be multiplied with a dense one."""

    def __init__(
        self, rows: NDArray[Any], columns: NDArray[Any], values: NDArray[np.float32], height: int
    ) -> None:
        order = np.argsort(rows, kind="stable")
        self.columns, self.values, self.height = columns[order], values[order], height
        self.offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=height))])

    def times(self, dense: NDArray[np.float32]) -> NDArray[np.float32]:
        """The product with a dense matrix, float32[height, width], some rows at a time."""
        result = np.zeros((self.height, dense.shape[1]), np.float32)
        filled = np.flatnonzero(np.diff(self.offsets))
        step = max(1, CHUNK // dense.shape[1])
        start = 0
        while start < len(filled):
            reach = np.searchsorted(self.offsets[filled + 1], self.offsets[filled[start]] + step, "right")
            some = filled[start : max(int(reach), start + 1)]
            begin, end = self.offsets[some[0]], self.offsets[some[-1] + 1]
            products = self.values[begin:end, None] * dense[self.columns[begin:end]]
            result[some] = np.add.reduceat(products, self.offsets[some] - begin, axis=0)
            start += len(some)
        return result
