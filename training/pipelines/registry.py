"""Which recipe is trained how: for each kind of model a pipeline that tunes, and fits as often as asked."""

from __future__ import annotations

from pathlib import Path

from tastemaker.recipes import RECIPES
from training.algorithms import baskets, trending
from training.config import Config
from training.data.prepared import Prepared
from training.errors import BadConfigError
from training.output.bundle_writer import Fitted
from training.pipelines.actions import ActionPipeline
from training.pipelines.affinity import AffinityPipeline
from training.pipelines.base import Measured, Pipeline
from training.pipelines.semantic import SemanticPipeline
from training.pipelines.sequence import SequencePipeline
from training.pipelines.similar import SimilarPipeline
from training.pipelines.update import UpdatePipeline
from training.progress import Stop, say


def pipeline(config: Config, *, checkpoints: Path | None, stop: Stop) -> Pipeline:
    """The pipeline of the configuration's recipe. Raises BadConfigError."""
    kind = next((one.model for one in RECIPES if one.name == config.recipe and one.trainable), None)
    if kind == "sequence" and config.previous:
        return UpdatePipeline(config)
    if kind == "sequence":
        return SequencePipeline(config, checkpoints, stop)
    if kind == "popularity":
        return PopularityPipeline(config)
    if kind == "similar":
        return SimilarPipeline(config, checkpoints, stop)
    if kind == "together":
        return TogetherPipeline(config)
    if kind == "trending":
        return TrendingPipeline(config)
    if kind == "affinity":
        return AffinityPipeline(config)
    if kind == "actions":
        return ActionPipeline(config)
    if kind == "semantic":
        return SemanticPipeline(config, checkpoints, stop)
    trainable = ", ".join(one.name for one in RECIPES if one.trainable)
    raise BadConfigError(f"recipe {config.recipe!r} cannot be trained; these can: {trainable}")


class PopularityPipeline(Pipeline):
    """Popularity-Count: the counts that every bundle has are the model."""

    def fit(self, prepared: Prepared) -> Fitted:
        """No arrays of its own."""
        return Fitted("popularity")


class TrendingPipeline(Pipeline):
    """Trending-Now: the windows end at the newest event, so that data of last year have trends too."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        frequency = config.featurization.get("trend_discovery_frequency", "2 hours")
        self.window = trending.SECONDS[frequency.lower()]

    def fit(self, prepared: Prepared) -> Fitted:
        """Counts of the two newest windows."""
        ends = (prepared.latest, prepared.latest - self.window)
        arrays = {
            name: trending.counts(prepared.sequences, len(prepared.items), end, self.window)
            for name, end in zip(("current", "previous"), ends, strict=True)
        }
        about = {
            "windowSeconds": self.window,
            "trainedTypes": prepared.trained_types,
            "unknownTypes": prepared.unknown_types,
        }
        return Fitted("trending", about, arrays)

    def measure(self, prepared: Prepared, stop: Stop) -> Measured:
        """The metrics of all recipes, and how well trends were foretold."""
        measured = super().measure(prepared, stop)
        data, items, name = prepared.sequences, len(prepared.items), "trend_prediction_accuracy"
        accuracy = round(trending.accuracy(data, items, self.window), 4)
        popular = round(trending.accuracy(data, items, self.window, lambda current, _: current), 4)
        say(f"  {name} {accuracy:.4f} ({popular:.4f})")
        baselines = {"popularity": {**measured.baselines["popularity"], name: popular}}
        return Measured({**measured.metrics, name: accuracy}, baselines)


class TogetherPipeline(Pipeline):
    """Frequently bought together."""

    def fit(self, prepared: Prepared) -> Fitted:
        """Neighbors of every item, by baskets."""
        return Fitted("similar", rows={"neighbours": baskets.fit(prepared.sequences, len(prepared.items))})
