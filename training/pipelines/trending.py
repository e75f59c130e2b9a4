"""Trending-Now: counts of the two newest windows of time."""

from __future__ import annotations

from pathlib import Path

from tastemaker.models.trending import TrendingModel
from training.algorithms import trending
from training.config import Config
from training.data.prepared import Prepared
from training.output.bundle_writer import Fitted
from training.pipelines.base import Measured, Pipeline
from training.progress import StopSignal, log

ACCURACY = "trend_prediction_accuracy"


class TrendingPipeline(Pipeline):
    """Trending-Now. The windows end at the newest event, so that last year's data has trends too."""

    model_name = "trending"

    def __init__(self, config: Config, checkpoints: Path | None, stop: StopSignal) -> None:
        super().__init__(config, checkpoints, stop)
        frequency = config.featurization.get("trend_discovery_frequency", "2 hours")
        self.window = trending.SECONDS[frequency.lower()]

    def fit(self, prepared: Prepared) -> Fitted:
        """The events of each item in the two newest windows."""
        ends = (prepared.latest, prepared.latest - self.window)
        arrays = {
            name: trending.counts(prepared.sequences, len(prepared.items), end, self.window)
            for name, end in zip(("current", "previous"), ends, strict=True)
        }
        metadata = {
            "windowSeconds": self.window,
            "trainedTypes": prepared.trained_types,
            "unknownTypes": prepared.unknown_types,
        }
        return Fitted(TrendingModel, metadata, arrays)

    def measure(self, prepared: Prepared, stop: StopSignal) -> Measured:
        """The metrics of all recipes, and the accuracy of the predicted trends."""
        measured = super().measure(prepared, stop)
        data, items = prepared.sequences, len(prepared.items)
        accuracy = round(trending.accuracy(data, items, self.window), 4)
        popular = round(trending.accuracy(data, items, self.window, lambda current, _: current), 4)
        log(f"  {ACCURACY} {accuracy:.4f} ({popular:.4f})")
        baselines = {"popularity": {**measured.baselines["popularity"], ACCURACY: popular}}
        return Measured({**measured.metrics, ACCURACY: accuracy}, baselines)
