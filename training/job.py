"""One training job from data to bundle."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tastemaker.models import Bundle, load
from training import evaluate
from training.config import Config
from training.data import Prepared
from training.export import export
from training.prepare import prepare
from training.progress import Clock, Stop, duration, say
from training.recipes import pipeline
from training.split import test_cases, without


def run(
    config: Config, data: Path, model_dir: Path, *, checkpoints: Path | None, stop: Stop
) -> dict[str, float]:
    """Prepare, tune and fit on nine tenths of the users, measure on the rest, fit on everybody, write the
    bundle.

    Returns the metrics. The shipped model has seen all users; the metrics are of the model that had not seen
    the test users. Raises TrainingError.
    """
    clock = Clock()
    prepared = prepare(config, data)
    say(
        f"prepared {len(prepared.sequences.items):,} interactions of {len(prepared.users):,} users with "
        f"{len(prepared.items):,} items in {duration(clock.seconds())}"
    )
    return fit_and_export(config, prepared, model_dir, checkpoints=checkpoints, stop=stop)


def fit_and_export(
    config: Config, prepared: Prepared, model_dir: Path, *, checkpoints: Path | None, stop: Stop
) -> dict[str, float]:
    """Everything after `prepare`."""
    clock = Clock()
    recipe = pipeline(config, checkpoints=checkpoints, stop=stop)
    cases = test_cases(prepared.sequences, config.seed)
    training = prepared.with_sequences(without(prepared.sequences, cases, whole=True))
    recipe.tune(training)
    stop.check()
    with tempfile.TemporaryDirectory() as folder:
        export(recipe.fit(training), training, config, Path(folder), with_histories=False)
        model = load(Bundle.open(folder))
        metrics = evaluate.evaluate(evaluate.scorer(model, prepared), prepared, cases)
    baselines = {"popularity": evaluate.popularity_baseline(training, prepared, cases)}
    say(f"metrics on {len(cases):,} test users; popularity in brackets")
    for name, value in metrics.items():
        say(f"  {name} {value:.4f} ({baselines['popularity'][name]:.4f})")
    stop.check()
    export(recipe.fit(prepared), prepared, config, model_dir, metrics=metrics, baselines=baselines)
    say(f"bundle written to {model_dir} after {duration(clock.seconds())}")
    return metrics
