"""Frequently bought together: item pairs by baskets."""

from __future__ import annotations

from tastemaker.models.similar import SimilarModel
from training.algorithms import baskets
from training.data.prepared import Prepared
from training.output.bundle_writer import Fitted
from training.pipelines.base import Pipeline


class TogetherPipeline(Pipeline):
    """Neighbors by baskets, served by the same model as Similar-Items."""

    model_name = "together"

    def fit(self, prepared: Prepared) -> Fitted:
        """The neighbors of every item."""
        rows = baskets.fit(prepared.sequences, len(prepared.items))
        return Fitted(SimilarModel, rows={"neighbours": rows})
