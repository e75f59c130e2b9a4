r"""The quality of the main model beside simpler models and other libraries, on public data.

    python -m benchmarks.quality.models --movies FOLDER --retail FOLDER --beauty FOLDER \
        --recbole WHEEL --grocery WHEEL --rectools PYTHON --seeds 0 1 2 --out docs/models.json

Each given data set is run by each protocol that suits it (`benchmarks/quality/protocols.py`). It is prepared
as in a training job, trained with the recipe's defaults, and asked by the code that serves. Settings are
chosen on validation data within the training events. `--rectools` names the Python of an environment with
RecTools; without it that peer is left out. Run it on one thread, with several seeds for a mean.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.data import datasets, lake
from benchmarks.quality import peers, tables
from benchmarks.quality.protocols import PROTOCOLS, Protocol, lists_of, quality
from tastemaker.models import Bundle, load
from tastemaker.models.bundle import HISTORY_LENGTH
from tastemaker.models.sequence import SequenceModel
from training.config import Config
from training.config_reader import read_config
from training.data.prepare import prepare
from training.data.prepared import Prepared
from training.job import fit_and_export
from training.output.bundle_writer import export
from training.output.evaluate import Scorer, scorer
from training.pipelines.registry import pipeline
from training.progress import StopSignal, log

RUNS: dict[str, tuple[str, Callable[[Path], datasets.Data], tuple[str, ...]]] = {
    "movies": ("movies", datasets.movies, ("new-users", "service")),
    "ml-100k": ("recbole", datasets.movielens_100k, ("leave-one-out", "global-time")),
    "retail": ("retail", datasets.retail, ("new-users", "global-time")),
    "retail purchases": ("retail", datasets.retail_purchases, ("new-users",)),
    "beauty": ("beauty", datasets.beauty, ("leave-one-out",)),
    "beauty without categories": ("beauty", datasets.beauty_without_categories, ("leave-one-out",)),
    "grocery": ("grocery", datasets.grocery, ("last-week",)),
}
"""By data set: its option, its reader, and the protocols that suit it."""

EPOCHS = 20
"""The numbers of epochs of SASRec. More cost CPU seconds, fewer cost quality."""


def main(argv: list[str] | None = None) -> None:
    """Run what is asked for. Print each figure as it comes, and a table at the end."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality.models",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for option in ("movies", "retail", "beauty", "recbole", "grocery", "rectools"):
        parser.add_argument(f"--{option}", type=Path)
    parser.add_argument("--only", nargs="+", choices=RUNS, default=list(RUNS), help="these data sets alone")
    parser.add_argument("--protocol", nargs="+", choices=[*PROTOCOLS, "service"], help="these alone")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument(
        "--cases", type=int, default=2000, metavar="N", help="at most N test cases; 0 for all (default 2000)"
    )
    parser.add_argument("--no-peers", action="store_true", help="ours and its parts alone")
    parser.add_argument("--no-parts", action="store_true", help="the blend alone, without its parts")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a hyperparameter")
    parser.add_argument("--out", type=Path, help="keep the figures here, as JSON, and add to those there")
    args = parser.parse_args(argv)
    import torch

    torch.set_num_threads(1)
    rows: list[dict[str, Any]] = json.loads(args.out.read_text()) if args.out and args.out.exists() else []
    hyperparameters = dict(pair.split("=", 1) for pair in args.set)
    for name in args.only:
        option, read, protocols = RUNS[name]
        where = getattr(args, option)
        if where is None:
            continue
        data = read(where)
        for seed in args.seeds:
            for protocol in protocols:
                if args.protocol and protocol not in args.protocol:
                    continue
                for row in _run(data, protocol, seed, hyperparameters, args):
                    row = {"data": name, "protocol": protocol, "seed": seed, **row}
                    rows.append(row)
                    print(tables.line(row), flush=True)
                    if args.out:
                        args.out.write_text(json.dumps(rows, indent=0))
    print(tables.markdown(rows))


def _run(
    data: datasets.Data, protocol: str, seed: int, hyperparameters: dict[str, str], args: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        path = lake.write(
            root, data.tables, categorical=data.categorical, seed=seed, hyperParameters=hyperparameters
        )
        config = read_config(path)
        prepared = prepare(config, root)
        if protocol == "service":
            yield _service(config, prepared, root)
            return
        held = PROTOCOLS[protocol](prepared, seed).sample(args.cases, seed)
        log(f"{data.name}, {protocol}: {len(held.cases):,} cases")
        yield from _ours(config, held, root, parts=not args.no_parts)
        if args.no_peers:
            return
        rectools = args.rectools if seed == args.seeds[0] else None
        for one in peers.every(held, rectools, EPOCHS):
            figures = asdict(quality(held, one.lists))
            yield {"model": one.name, "setting": one.setting, **figures, "cpu": one.cpu}


def _ours(config: Config, held: Protocol, root: Path, *, parts: bool) -> Iterator[dict[str, Any]]:
    """The blend as it would serve, and with `parts` also each of its parts alone."""
    recipe = pipeline(config, checkpoints=None, stop=StopSignal())
    began = time.process_time()
    recipe.tune(held.training)
    fitted = recipe.fit(held.training)
    cpu = time.process_time() - began
    export(fitted, held.training, recipe.config, root / "model")
    model = load(Bundle.open(root / "model"))
    assert isinstance(model, SequenceModel)
    figures = asdict(quality(held, lists_of(held, scorer(model, held.whole))))
    yield {"model": "ours", "setting": "", **figures, "cpu": cpu}
    if not parts:
        return
    figures = asdict(quality(held, lists_of(held, _late(model, held.whole))))
    yield {"model": "ours, requested six years later", "setting": "", **figures, "cpu": 0.0}
    for name, score in _parts(model, held.whole):
        figures = asdict(quality(held, lists_of(held, score)))
        weight = model.parts[name]["weight"]
        yield {"model": f"part {name}", "setting": f"weight {weight:.2f}", **figures, "cpu": 0.0}


def _late(model: SequenceModel, prepared: Prepared) -> Scorer:
    """Requests at the real present, which may be years after the data ends."""
    now = prepared.latest + 6 * 365 * 86_400
    return lambda user, shown: model.score_user(
        prepared.sequences.history(user, shown)[-HISTORY_LENGTH:], now=now, user_index=user
    )


def _parts(model: SequenceModel, prepared: Prepared) -> Iterator[tuple[str, Scorer]]:
    def simple(name: str) -> Scorer:
        return lambda user, shown: model.simple_part(
            name, prepared.sequences.history(user, shown).items[-HISTORY_LENGTH:], model.parts[name]
        )

    def encoder(user: int, shown: int) -> Any:
        history = prepared.sequences.history(user, shown)[-HISTORY_LENGTH:]
        vector = model.vector(history, now=prepared.latest, user_index=user)
        return model.item_vectors @ vector + model.item_bias

    for name in model.parts:
        if name == "encoder":
            yield name, encoder
        elif name not in ("seen", "objective", "context"):
            yield name, simple(name)


def _service(config: Config, prepared: Prepared, root: Path) -> dict[str, Any]:
    """The metrics of a whole training job that GetSolutionMetrics returns."""
    began = time.process_time()
    metrics = fit_and_export(config, prepared, root / "model", checkpoints=None, stop=StopSignal())
    cpu = time.process_time() - began
    popular = json.loads((root / "model/bundle.json").read_text())["baselines"]["popularity"]
    return {"model": "ours", "setting": "", "metrics": metrics, "popularity": popular, "cpu": cpu}


if __name__ == "__main__":
    main()
