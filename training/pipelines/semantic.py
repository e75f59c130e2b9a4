"""Semantic-Similarity: vectors of the items' names and texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tastemaker.models.semantic import SemanticModel
from tastemaker.models.topk import top_k
from training.config import Config
from training.data.prepared import Prepared
from training.errors import BadDataError
from training.output.bundle_writer import Fitted
from training.pipelines.base import Measured, Pipeline, fitted_model
from training.progress import StopSignal
from training.text.item_vectors import ItemTexts

SAMPLE = 1000


class SemanticPipeline(Pipeline):
    """The pipeline of Semantic-Similarity. Only popularity is learned from interactions."""

    model_name = "semantic"

    def __init__(self, config: Config, checkpoints: Path | None, stop: StopSignal) -> None:
        super().__init__(config, checkpoints, stop)
        self.texts = ItemTexts(config, checkpoints, stop)
        if not self.texts:
            raise BadDataError(
                "There is no text to train on. Mark a field of the Items schema with itemName, and one with "
                "textual."
            )

    def fit(self, prepared: Prepared) -> Fitted:
        """Make a vector for every item. Raises TextModelError."""
        vectors = self.texts.vectors(prepared)
        return Fitted(SemanticModel, {"texts": self.texts.metadata}, {"vectors": vectors})

    def write_search(self, folder: Path) -> None:
        """Write what encodes queries in the space of the items' vectors."""
        if self.texts.for_queries is not None:
            self.texts.for_queries.save(folder)

    def measure(self, prepared: Prepared, stop: StopSignal) -> Measured:
        """The usual metrics if there are interactions, or else coverage only."""
        if np.any(prepared.sequences.lengths >= 2):
            return super().measure(prepared, stop)
        some = np.random.default_rng(self.config.seed).permutation(len(prepared.items))[:SAMPLE]
        reached: set[int] = set()
        with fitted_model(self.fit(prepared), prepared, self.config) as model:
            for item in some.tolist():
                reached.update(top_k(model.score_item(item), 25).tolist())
        return Measured({"coverage": round(len(reached) / max(len(prepared.items), 1), 4)})
