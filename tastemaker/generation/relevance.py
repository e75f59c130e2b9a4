"""How well items fit a theme, by the vectors of their texts.

A theme is a new text, and not every encoder can be called here. So its vector is made of the vectors that
exist: those of the items whose texts have the words of the theme (Rocchio's method, as in relevance
feedback), and of the group that the theme was written for. The score of an item is the cosine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from tastemaker.generation.terms import Background, terms_of

MAX_ITEMS_WITH_WORDS = 50
"""The items that the words of a theme are looked up in, those with the rarest words first."""
GROUP_SHARE = 0.5
"""The share of the group in the vector of a theme. Words alone may be ambiguous."""
HASHED_WIDTH = 512


def theme_vector(
    theme: str, background: Background, vectors: NDArray[np.float32], group: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The vector of a theme: float32[width] of length 1, or 0 if nothing has a vector.

    `vectors` are those of the texts of `background`, float32[texts, width]; `group` those of the group.
    """
    scores: dict[int, float] = defaultdict(float)
    for term in terms_of(theme):
        rarity = background.rarity(term)
        for row in background.rows.get(term, ()):
            scores[row] += rarity
    best = sorted(scores, key=lambda row: (-scores[row], row))[:MAX_ITEMS_WITH_WORDS]
    center = unit(group.mean(0)) if len(group) else np.zeros(vectors.shape[1], np.float32)
    if not best:
        return center
    weights = np.array([scores[row] for row in best], np.float32)
    worded = unit(weights @ vectors[best].astype(np.float32))
    return unit((1 - GROUP_SHARE) * worded + GROUP_SHARE * center)


def scores(theme: NDArray[np.float32], items: NDArray[np.float32]) -> list[float]:
    """The cosine of each item with the theme, rounded to four decimals. 0 for an item without text."""
    norms = np.linalg.norm(items, axis=1)
    found = items @ theme / np.where(norms > 1e-9, norms, 1.0)
    return [round(float(one), 4) for one in found]


def hashed_vectors(texts: Sequence[str], background: Background) -> NDArray[np.float32]:
    """Vectors of words by rarity, for models without text vectors: float32[texts, 512] of length 1 or 0.

    Each term adds its rarity at a place and with a sign that its digest gives (Weinberger et al., "Feature
    Hashing for Large Scale Multitask Learning", 2009).
    """
    found = np.zeros((len(texts), HASHED_WIDTH), np.float32)
    for row, text in enumerate(texts):
        for term in terms_of(text):
            digest = int.from_bytes(blake2b(term.encode(), digest_size=8).digest(), "little")
            sign = 1.0 if digest & 1 else -1.0
            found[row, (digest >> 1) % HASHED_WIDTH] += sign * background.rarity(term)
    norms = np.linalg.norm(found, axis=1, keepdims=True)
    return (found / np.where(norms > 1e-9, norms, 1.0)).astype(np.float32)


def unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vector, scaled to length 1. Zeros stay."""
    norm = float(np.linalg.norm(vector))
    return (vector / norm if norm > 1e-9 else vector).astype(np.float32)
