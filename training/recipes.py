"""Which recipe is trained how: for each kind of model a pipeline that tunes, and fits as often as asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tastemaker.models.features import FeatureRows
from tastemaker.recipes import RECIPES, by_name
from training import evaluate, settings, tuning
from training.actions import ActionPipeline
from training.affinity import AffinityPipeline
from training.config import Config
from training.data import Prepared
from training.errors import BadConfigError
from training.export import Fitted
from training.fit import similar, together, trending
from training.objective import gains, truths
from training.pipeline import Measured, Pipeline, fitted_model
from training.progress import Stop, say
from training.semantic import SemanticPipeline
from training.sequence import SequencePipeline
from training.split import validation_cases, without
from training.updating import UpdatePipeline


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
        """Neighbours of every item, by baskets."""
        return Fitted("similar", rows={"neighbours": together.fit(prepared.sequences, len(prepared.items))})


class SimilarPipeline(Pipeline):
    """Similar-Items, SIMS, and the use cases about an item."""

    def __init__(self, config: Config, checkpoints: Path | None, stop: Stop) -> None:
        super().__init__(config)
        self.checkpoints, self.stop = checkpoints, stop
        self.sims = config.recipe == "aws-sims"
        self.with_attributes = "ITEMS" in by_name(config.recipe).trains_on

    def tune(self, prepared: Prepared) -> None:
        """Search what the solution wants searched, by how well an item's list foretells what comes next."""
        search = tuning.mapped(self.config.search, {"popularity_discount_factor", "min_cointeraction_count"})
        if not search:
            return
        given, cases = self.config, validation_cases(prepared.sequences, self.config.seed)
        training = prepared.with_sequences(without(prepared.sequences, cases, whole=False))
        wanted = truths(prepared.sequences, cases)

        def reached(values: Mapping[str, str], number: int) -> float:
            self.config = given.with_hyperparameters(values)
            with fitted_model(self.fit(training), training, self.config) as model:
                return float(gains(evaluate.lists(evaluate.scorer(model, prepared), cases), wanted).mean())

        _, best = tuning.run(
            search,
            given.hyperparameters,
            reached,
            seconds=given.number("trainingBudgetSeconds", 8 * 3600.0),
            seed=given.seed,
            journal=self.checkpoints / "tuning.json" if self.checkpoints else None,
            stop=self.stop,
        )
        self.config = given.with_hyperparameters(best.values)
        self.tuned = {name: self.config.hyperparameters[name] for name in search.names}

    def fit(self, prepared: Prepared) -> Fitted:
        """Neighbours of every item."""
        discount = self.config.number("popularity_discount_factor", 0.5 if self.sims else 0.0)
        minimum = self.config.number("min_cointeraction_count", 3.0) if self.sims else 0.0
        say(f"similar items: popularity discount {discount}, at least {minimum:.0f} users in common")
        usual = settings.usual_users(self.config, prepared.sequences)
        rows = similar.fit(
            settings.usual_items(self.config, usual),
            prepared.item_features if self.with_attributes else FeatureRows.empty(len(prepared.items)),
            len(prepared.items),
            discount=discount,
            minimum=minimum,
        )
        return Fitted("similar", rows={"neighbours": rows})
