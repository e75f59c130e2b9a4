"""What the job asks of a recipe: choose settings, fit, and measure."""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from tastemaker.models import Bundle, Model, load
from training.config import Config
from training.data.prepared import Prepared
from training.data.split import test_cases, without
from training.output import evaluate
from training.output.bundle_writer import Fitted, export
from training.output.moments import Moments
from training.progress import StopSignal, log
from training.tuning.rewards import rewards


@dataclass(frozen=True)
class Measured:
    """The metrics that GetSolutionMetrics returns, and those of simple models to compare with."""

    metrics: Mapping[str, float]
    baselines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def warnings(self) -> list[str]:
        """What is wrong with the metrics, for people."""
        return evaluate.concerns(self.metrics, self.baselines.get("popularity", {}))


PIPELINES: dict[str, type[Pipeline]] = {}
"""Every pipeline by its `model_name`."""


class Pipeline(ABC):
    """One recipe in one job. The job calls `load`, then `measure`, then `fit` on all data.

    A subclass registers itself in `PIPELINES` by its `model_name`. `config` holds the settings in force: the
    solution's, and after tuning also the tuned ones. `tuned` holds only those, for DescribeSolutionVersion.
    """

    model_name: ClassVar[str | None] = None
    """The `model_name` of the recipes that this pipeline trains; None if another pipeline creates it."""

    shares_users: ClassVar[bool] = False
    """Whether several processes train together, each with its own users. Otherwise the first trains alone."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.model_name is not None:
            if cls.model_name in PIPELINES:
                raise TypeError(
                    f"{cls.__name__} and {PIPELINES[cls.model_name].__name__} train the same model"
                )
            PIPELINES[cls.model_name] = cls

    @classmethod
    def create(cls, config: Config, checkpoints: Path | None, stop: StopSignal) -> Pipeline:
        """The pipeline for this configuration."""
        return cls(config, checkpoints, stop)

    def __init__(self, config: Config, checkpoints: Path | None, stop: StopSignal) -> None:
        """`checkpoints` is a folder for state that survives a restart, or None."""
        self.config, self.checkpoints, self.stop = config, checkpoints, stop
        self.tuned: dict[str, str] = {}

    def load(self, root: Path, prepared: Prepared) -> None:  # noqa: B027 - most recipes need nothing more
        """Read what only this recipe needs from the data's folder."""

    def write_search(self, folder: Path) -> None:  # noqa: B027 - most recipes add nothing
        """Add to the search index in a folder what `fit` has learned for queries."""

    @abstractmethod
    def fit(self, prepared: Prepared) -> Fitted:
        """Fit a model on all of this data with the chosen settings."""

    def tune(self, prepared: Prepared) -> None:  # noqa: B027 - most recipes have nothing to choose
        """Choose settings, on parts of this data only."""

    def measure(self, prepared: Prepared, stop: StopSignal) -> Measured:
        """Tune and fit on nine tenths of the users, and predict the newest events of the others."""
        cases = test_cases(prepared.sequences, self.config.seed)
        training = prepared.with_sequences(without(prepared.sequences, cases, whole=True))
        item_rewards = rewards(self.config.objective, prepared)  # raises before any work
        values = None if item_rewards is None else item_rewards.values
        self.tune(training)
        stop.check()
        with fitted_model(self.fit(training), training, self.config) as model:
            moments = Moments(model, prepared)
            metrics = evaluate.evaluate(evaluate.scorer(model, prepared, moments), prepared, cases, values)
        baseline = evaluate.popularity_baseline(training, prepared, cases, values, moments)
        count = prepared.sequences.group.total(len(cases))
        log(f"metrics on {count:,} test users; popularity in brackets")
        for name, value in metrics.items():
            log(f"  {name} {value:.4f} ({baseline[name]:.4f})")
        return Measured(metrics, {"popularity": baseline})


class fitted_model:  # noqa: N801 - a context manager
    """The model that would serve what was fitted, from a bundle in a temporary folder."""

    def __init__(
        self, fitted: Fitted, prepared: Prepared, config: Config, *, with_histories: bool = False
    ) -> None:
        self._folder = tempfile.TemporaryDirectory()
        export(fitted, prepared, config, Path(self._folder.name), with_histories=with_histories)

    def __enter__(self) -> Model:
        return load(Bundle.open(self._folder.name))

    def __exit__(self, *failure: object) -> None:
        self._folder.cleanup()
