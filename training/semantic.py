"""Semantic-Similarity: vectors of the items' names and texts."""

from __future__ import annotations

import numpy as np

from tastemaker.ranking.topk import top_k
from training.config import Config
from training.data import Prepared
from training.errors import BadDataError
from training.export import Fitted
from training.pipeline import Measured, Pipeline, fitted_model
from training.progress import Stop, say
from training.texts import Lsa, TextEncoder

SAMPLE = 1000
NAME_TIMES = 2
"""A word of the name counts as often as if it stood in the text twice more."""


class SemanticPipeline(Pipeline):
    """Nothing is learned from interactions; popularity comes from them."""

    def __init__(self, config: Config, encoder: TextEncoder | None = None) -> None:
        super().__init__(config)
        source = config.datasets.get("ITEMS")
        self.name = source.name_column if source else None
        self.text = source.text_column if source else None
        if self.name is None and self.text is None:
            raise BadDataError(
                "There is no text to train on: mark a field of the Items schema with itemName, and one with "
                "textual."
            )
        self.encoder = encoder or Lsa(seed=config.seed)

    def fit(self, prepared: Prepared) -> Fitted:
        """A vector for every item."""
        vectors = self.encoder.encode(self._texts(prepared))
        empty = int(np.count_nonzero(~vectors.any(1)))
        say(
            f"semantic similarity: {len(vectors):,} items in {vectors.shape[1]} dimensions, {empty:,} without"
        )
        return Fitted("semantic", {}, {"vectors": vectors})

    def measure(self, prepared: Prepared, stop: Stop) -> Measured:
        """The usual metrics where there are interactions; coverage alone where there are none."""
        if np.any(prepared.sequences.lengths >= 2):
            return super().measure(prepared, stop)
        some = np.random.default_rng(self.config.seed).permutation(len(prepared.items))[:SAMPLE]
        reached: set[int] = set()
        with fitted_model(self.fit(prepared), prepared, self.config) as model:
            for item in some.tolist():
                reached.update(top_k(model.score_item(item), 25).tolist())
        return Measured({"coverage": round(len(reached) / max(len(prepared.items), 1), 4)})

    def _texts(self, prepared: Prepared) -> list[str]:
        columns = [
            (prepared.item_columns[name], times)
            for name, times in ((self.name, NAME_TIMES), (self.text, 1))
            if name is not None and name in prepared.item_columns
        ]
        return [
            " \n ".join(str(column.value(row) or "") for column, times in columns for _ in range(times))
            for row in range(len(prepared.items))
        ]
