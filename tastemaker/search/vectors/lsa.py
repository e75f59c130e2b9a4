"""Latent semantic analysis for the texts of queries.

The vectors of items are the rows of `A V`, where `A` has the weights of terms in texts. So a query with the
weights `q` has the vector `q V` in the same space: it is folded in. S. Deerwester et al., Indexing by Latent
Semantic Analysis, JASIS 1990, section 4.2. Training writes `V` and the rarity of terms beside the vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import Ids, open_array, save_array
from tastemaker.search.vectors.terms import counted_terms

NAME = "latent semantic analysis"
TERMS, RARITY, PROJECTION = "lsa_terms", "lsa_rarity.npy", "lsa_projection.npy"


@dataclass(frozen=True)
class LsaEncoder:
    """`rarity` is float32[terms], and `projection` float16[terms, width], in the order of `terms`."""

    terms: Ids
    rarity: NDArray[np.float32]
    projection: NDArray[np.float16]

    @classmethod
    def build(
        cls, terms: list[str], rarity: NDArray[np.floating], projection: NDArray[np.floating]
    ) -> LsaEncoder:
        """Make the encoder of terms in any order."""
        ids = Ids.build(terms)
        place = {term: row for row, term in enumerate(terms)}
        order = [place[term] for term in ids.tolist()]
        return cls(ids, rarity[order].astype(np.float32), projection[order].astype(np.float16))

    def save(self, folder: Path) -> None:
        """Write the encoder into a folder, which is created if it does not exist."""
        folder.mkdir(parents=True, exist_ok=True)
        self.terms.save(folder, TERMS)
        save_array(folder / RARITY, self.rarity)
        save_array(folder / PROJECTION, self.projection)

    @classmethod
    def open(cls, folder: Path) -> LsaEncoder | None:
        """Open what `save` wrote as memory maps; None if there is nothing."""
        if not (folder / PROJECTION).exists():
            return None
        return cls(Ids.open(folder, TERMS), open_array(folder / RARITY), open_array(folder / PROJECTION))

    def encode(self, text: str) -> NDArray[np.float32]:
        """The vector of a text: float32[width] of length 1, or zeros for a text without a known term."""
        counts = counted_terms(text)
        rows = self.terms.indexes(list(counts))
        known = rows >= 0
        found = np.zeros(self.projection.shape[1], np.float32)
        if known.any():
            often = np.array(list(counts.values()), np.float32)[known]
            weights = (1 + np.log(often)) * self.rarity[rows[known]]
            found = weights @ self.projection[rows[known]].astype(np.float32)
        length = float(np.linalg.norm(found))
        return found / np.float32(length) if length > 1e-9 else np.zeros_like(found)
