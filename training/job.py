"""One training job from data to bundle."""

from __future__ import annotations

from pathlib import Path

from tastemaker.ids import save_array
from tastemaker.recipes import by_name
from training.algorithms import clusters
from training.config import Config
from training.data import report
from training.data.impressions import item_shown
from training.data.prepare import prepare
from training.data.prepared import Prepared
from training.output.bundle_writer import export
from training.pipelines.registry import pipeline
from training.progress import Clock, Stop, duration, say


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
    return fit_and_export(config, prepared, model_dir, checkpoints=checkpoints, stop=stop, data=data)


def fit_and_export(
    config: Config,
    prepared: Prepared,
    model_dir: Path,
    *,
    checkpoints: Path | None,
    stop: Stop,
    data: Path | None = None,
) -> dict[str, float]:
    """Everything after `prepare`. `data`: where it was read from, for recipes that read more."""
    clock = Clock()
    described = report.describe(config, prepared)
    report.tell(described)
    recipe = pipeline(config, checkpoints=checkpoints, stop=stop)
    if data is not None:
        recipe.load(data, prepared)
    measured = recipe.measure(prepared, stop)
    stop.check()
    if data is not None and by_name(config.recipe).exploration and not config.prepared:
        model_dir.mkdir(parents=True, exist_ok=True)
        save_array(model_dir / "item_shown.npy", item_shown(config, data, prepared.items))
    export(
        recipe.fit(prepared),
        prepared,
        recipe.config,
        model_dir,
        metrics=measured.metrics,
        baselines=measured.baselines,
        tuned=recipe.tuned,
        described=described,
    )
    clusters.add(model_dir)
    say(f"bundle written to {model_dir} after {duration(clock.seconds())}")
    return dict(measured.metrics)
