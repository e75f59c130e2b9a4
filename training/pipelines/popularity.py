"""Popularity-Count: the counts that every bundle has are the model."""

from __future__ import annotations

from tastemaker.models.popularity import PopularityModel
from training.data.prepared import Prepared
from training.output.bundle_writer import Fitted
from training.pipelines.base import Pipeline


class PopularityPipeline(Pipeline):
    """Popularity-Count and the use cases that list what is popular."""

    model_name = "popularity"

    def fit(self, prepared: Prepared) -> Fitted:
        """A model without arrays of its own."""
        return Fitted(PopularityModel)
