"""Which recipe is trained how: for each kind of model a pipeline that tunes, and fits as often as asked."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from tastemaker.models import Bundle, load
from tastemaker.models.features import FeatureRows
from tastemaker.models.sequence import SequenceModel
from tastemaker.recipes import RECIPES, by_name
from training import settings
from training.actions import ActionPipeline
from training.affinity import AffinityPipeline
from training.config import Config
from training.data import Prepared, Sequences
from training.errors import BadConfigError
from training.export import Fitted, export, flattened
from training.fit import blend, linear, similar, together, transitions, trending
from training.pipeline import Measured, Pipeline
from training.progress import Stop, say
from training.semantic import SemanticPipeline
from training.split import validation_cases, without

PARTS = ("encoder", "transitions", "linear", "repeat", "seen", "popularity")


def pipeline(config: Config, *, checkpoints: Path | None, stop: Stop) -> Pipeline:
    """The pipeline of the configuration's recipe. Raises BadConfigError."""
    kind = next((one.model for one in RECIPES if one.name == config.recipe and one.trainable), None)
    if kind == "sequence":
        return SequencePipeline(config, checkpoints, stop)
    if kind == "popularity":
        return PopularityPipeline()
    if kind == "similar":
        return SimilarPipeline(config)
    if kind == "together":
        return TogetherPipeline()
    if kind == "trending":
        return TrendingPipeline(config)
    if kind == "affinity":
        return AffinityPipeline(config)
    if kind == "actions":
        return ActionPipeline(config)
    if kind == "semantic":
        return SemanticPipeline(config)
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
        frequency = config.featurization.get("trend_discovery_frequency", "2 hours")
        self.window = trending.SECONDS[frequency.lower()]

    def fit(self, prepared: Prepared) -> Fitted:
        """Counts of the two newest windows."""
        ends = (prepared.latest, prepared.latest - self.window)
        arrays = {
            name: trending.counts(prepared.sequences, len(prepared.items), end, self.window)
            for name, end in zip(("current", "previous"), ends, strict=True)
        }
        return Fitted("trending", {"windowSeconds": self.window}, arrays)

    def measure(self, prepared: Prepared, config: Config, stop: Stop) -> Measured:
        """The metrics of all recipes, and how well trends were foretold."""
        measured = super().measure(prepared, config, stop)
        data, items, name = prepared.sequences, len(prepared.items), "trend_prediction_accuracy"
        accuracy = round(trending.accuracy(data, items, self.window), 4)
        popular = round(trending.accuracy(data, items, self.window, lambda current, _: current), 4)
        say(f"  {name} {accuracy:.4f} ({popular:.4f})")
        baselines = {"popularity": {**measured.baselines["popularity"], name: popular}}
        return Measured({**measured.metrics, name: accuracy}, baselines)


class TogetherPipeline(Pipeline):
    """Frequently bought together."""

    def fit(self, prepared: Prepared) -> Fitted:
        """Neighbours of every item, by baskets."""
        return Fitted("similar", rows={"neighbours": together.fit(prepared.sequences, len(prepared.items))})


class SimilarPipeline(Pipeline):
    """Similar-Items, SIMS, and the use cases about an item."""

    def __init__(self, config: Config) -> None:
        self.config = config
        sims = config.recipe == "aws-sims"
        self.discount = config.number("popularity_discount_factor", 0.5 if sims else 0.0)
        self.minimum = config.number("min_cointeraction_count", 3.0) if sims else 0.0
        self.with_attributes = "ITEMS" in by_name(config.recipe).trains_on

    def fit(self, prepared: Prepared) -> Fitted:
        """Neighbours of every item."""
        say(
            f"similar items: popularity discount {self.discount}, at least {self.minimum:.0f} users in common"
        )
        rows = similar.fit(
            settings.usual_users(self.config, prepared.sequences),
            prepared.item_features if self.with_attributes else FeatureRows.empty(len(prepared.items)),
            len(prepared.items),
            discount=self.discount,
            minimum=self.minimum,
        )
        return Fitted("similar", rows={"neighbours": rows})


class SequencePipeline(Pipeline):
    """User-Personalization and Personalized-Ranking.

    `tune` withholds the newest events of up to 2,000 users, trains the transformer on the rest until those
    are foretold no better, fits the simple models on the same, and chooses the blend. `fit` fits the simple
    models on the data that it is given (they cost seconds) and trains the transformer a quarter as long again
    on it, from where `tune` ended.
    """

    def __init__(self, config: Config, checkpoints: Path | None, stop: Stop) -> None:
        from training.fit import transformer  # torch takes seconds to import, and other recipes do without it

        self.config, self.checkpoints, self.stop, self.transformer = config, checkpoints, stop, transformer
        self.plan = transformer.Plan(
            seconds=config.number("trainingBudgetSeconds", 8 * 3600.0),
            passes=int(config.number("trainingPasses", 0)),
            width=settings.width(config),
            window=settings.chosen(config, "bptt") or transformer.Plan.window,
        )
        self.chosen: blend.Choice | None = None

    def tune(self, prepared: Prepared) -> None:
        """Train with withheld events, and choose the blend by them."""
        prepared = self._usual(prepared)
        cases = validation_cases(prepared.sequences, self.config.seed)
        training = without(prepared.sequences, cases, whole=False)
        self.plan = self.plan.for_data(len(training.items))
        self.result = self.transformer.fit(
            prepared,
            training,
            cases,
            self.plan,
            self.config.seed,
            checkpoints=self.checkpoints,
            stop=self.stop,
        )
        fitted = self._assemble(prepared.with_sequences(training), self.result.network)
        with tempfile.TemporaryDirectory() as folder:
            export(fitted, prepared.with_sequences(training), self.config, Path(folder), with_histories=False)
            model = load(Bundle.open(folder))
            assert isinstance(model, SequenceModel)
            self.chosen = blend.choose(model, prepared, cases)

    def fit(self, prepared: Prepared) -> Fitted:
        """The blend, on all of this data that the percentiles of history length let in."""
        prepared = self._usual(prepared)
        refined = self.transformer.refine(
            prepared, self.result, prepared.sequences, self.plan, self.config.seed, stop=self.stop
        )
        return self._assemble(prepared, refined.network)

    def _usual(self, prepared: Prepared) -> Prepared:
        return prepared.with_sequences(settings.usual_users(self.config, prepared.sequences))

    def _assemble(self, prepared: Prepared, network) -> Fitted:
        items = len(prepared.items)
        rows = {
            "transitions": transitions.fit(prepared.sequences, items),
            "linear": linear.fit(prepared.sequences, items, 250.0, self.config.seed),
        }
        weights = network.exported()
        flat, places = flattened(weights)
        shape = network.shape
        parts = self.chosen.parts if self.chosen else {name: {"weight": 1.0} for name in PARTS}
        about = {
            "parts": parts,
            "typicalGap": self.transformer.typical_gap(prepared.sequences),
            "trainedTypes": prepared.trained_types,
            "unknownTypes": prepared.unknown_types,
            "encoder": {
                "width": shape.width,
                "layers": shape.layers,
                "heads": shape.heads,
                "window": shape.window,
                "weights": places,
            },
            "itemFeatures": prepared.item_space.to_json(),
            "userFeatures": prepared.user_space.to_json(),
            "context": prepared.context_space.to_json(),
        }
        arrays = {
            "encoder": flat,
            "item_vectors": item_vectors(network, prepared.sequences),
            "item_bias": network.bias.detach().float().cpu().numpy(),
            "user_features.offsets": prepared.user_features.offsets,
            "user_features.codes": prepared.user_features.codes,
            "user_features.weights": prepared.user_features.weights,
        }
        return Fitted("sequence", about, arrays, rows)


def item_vectors(network, sequences: Sequences) -> np.ndarray:
    """float32[items, width]. An item without events gets its attributes' vector only: its own was never
    trained.
    """
    import torch

    network.eval()
    with torch.no_grad():
        table = network.table()
        unseen = np.flatnonzero(np.bincount(sequences.items, minlength=len(table)) == 0)
        where = torch.from_numpy(unseen).to(table.device)
        table = table.clone()
        table[where] -= network.ids[where]
    return table.float().cpu().numpy()
