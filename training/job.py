"""One training job, from data to bundle."""

from __future__ import annotations

from pathlib import Path

from tastemaker.contracts.lake_layout import SEARCH_FOLDER
from tastemaker.ids import save_array
from tastemaker.recipes import by_name
from training.algorithms import clusters
from training.config import Config
from training.data import report
from training.data.impressions import item_shown
from training.data.prepare import prepare
from training.data.prepared import Prepared
from training.distributed.process_group import SINGLE, ProcessGroup
from training.output import search_index
from training.output.bundle_writer import export
from training.pipelines.registry import pipeline
from training.progress import Clock, StopSignal, duration, log


def run(
    config: Config,
    data: Path,
    model_dir: Path,
    *,
    checkpoints: Path | None,
    stop: StopSignal,
    group: ProcessGroup = SINGLE,
) -> dict[str, float]:
    """Prepare the data, measure on held-out users, fit on all users, and write the bundle.

    Settings are chosen and the measured model is fitted on nine tenths of the users. The metrics are those of
    that model. The bundle's model has seen all users. All processes of a group call it, each with a folder of
    its own; the leader's gets the whole bundle. Returns the metrics. Raises TrainingError.
    """
    clock = Clock()
    prepared = prepare(config, data, group)
    log(
        f"prepared {prepared.sequences.total():,} interactions of {group.total(len(prepared.users)):,} users "
        f"with {len(prepared.items):,} items in {duration(clock.seconds())}"
    )
    return fit_and_export(config, prepared, model_dir, checkpoints=checkpoints, stop=stop, data=data)


def fit_and_export(
    config: Config,
    prepared: Prepared,
    model_dir: Path,
    *,
    checkpoints: Path | None,
    stop: StopSignal,
    data: Path | None = None,
) -> dict[str, float]:
    """Do everything that follows `prepare`.

    `data` is the folder that `prepared` was read from, for recipes that read more of it.
    """
    clock = Clock()
    described = report.describe(config, prepared)
    report.log_summary(described)
    recipe = pipeline(config, checkpoints=checkpoints, stop=stop)
    if data is not None:
        recipe.load(data, prepared)
    measured = recipe.measure(prepared, stop)
    for warning in measured.warnings:
        log(f"warning: {warning}")
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
        warnings=measured.warnings,
        tuned=recipe.tuned,
        described=described,
        join=True,
    )
    if prepared.sequences.group.rank:
        return dict(measured.metrics)
    clusters.add(model_dir)
    search_index.write(prepared, model_dir)
    recipe.write_search(model_dir / SEARCH_FOLDER)
    log(f"bundle written to {model_dir} after {duration(clock.seconds())}")
    return dict(measured.metrics)
