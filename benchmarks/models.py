"""How good the main model is, beside what others reach on the same data.

    python -m benchmarks.models movies FOLDER         the service's own split, and what the service reported
    python -m benchmarks.models leave-one-out WHEEL   MovieLens 100K: the last event of everybody

Whole catalogues are ranked, nothing is sampled. Settings are chosen on validation data within the training
events.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import datasets, lake
from tastemaker.models import Bundle, load
from tastemaker.models.sequence import SequenceModel
from tastemaker.models.sparse import SparseRows
from training.config import Config, read_config
from training.data import Prepared
from training.evaluate import Scorer, scorer
from training.export import export
from training.fit import linear, popularity
from training.job import fit_and_export
from training.prepare import prepare
from training.progress import Stop, quiet_threads
from training.recipes import pipeline

REPORTED = {
    "coverage": 0.0791,
    "mean_reciprocal_rank_at_25": 0.269,
    "normalized_discounted_cumulative_gain_at_5": 0.2279,
    "normalized_discounted_cumulative_gain_at_10": 0.2687,
    "normalized_discounted_cumulative_gain_at_25": 0.3321,
    "precision_at_5": 0.0750,
    "precision_at_10": 0.0571,
    "precision_at_25": 0.0379,
}
"""What Amazon Personalize returned for aws-user-personalization on the same file (AWS's workshop of 2020)."""


def main(argv: list[str] | None = None) -> None:
    """Run one benchmark and print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.models", description=__doc__)
    parser.add_argument("protocol", choices=("movies", "leave-one-out"))
    parser.add_argument("data", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a hyperparameter")
    args = parser.parse_args(argv)
    threads = args.threads or quiet_threads()
    import torch

    torch.set_num_threads(threads)
    data = datasets.movies(args.data) if args.protocol == "movies" else datasets.movielens_100k(args.data)
    hyperparameters = dict(pair.split("=", 1) for pair in args.set)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        path = lake.write(
            root, data.tables, categorical=data.categorical, seed=args.seed, hyperParameters=hyperparameters
        )
        config = read_config(path)
        prepared = prepare(config, root)
        (service_split if args.protocol == "movies" else leave_one_out)(config, prepared, root)


def service_split(config: Config, prepared: Prepared, root: Path) -> None:
    """Personalize's own protocol: our metrics, those of popularity, and what the service reported."""
    began, cpu = time.perf_counter(), time.process_time()
    metrics = fit_and_export(config, prepared, root / "model", checkpoints=None, stop=Stop())
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    popular = json.loads((root / "model/bundle.json").read_text())["baselines"]["popularity"]
    print(f"\n{'':48}{'ours':>9}{'popular':>9}{'reported':>9}{'ratio':>7}")
    for name, value in metrics.items():
        print(f"{name:48}{value:9.4f}{popular[name]:9.4f}{REPORTED[name]:9.4f}{value / REPORTED[name]:7.2f}")
    print(f"the whole job: {wall:.0f} s, {cpu:.0f} CPU seconds")


def leave_one_out(config: Config, prepared: Prepared, root: Path) -> None:
    """Train on all but everybody's last event, then rank that one among what the user has not touched."""
    sequences = prepared.sequences
    training = prepared.with_sequences(sequences.truncated(np.maximum(sequences.lengths - 1, 1)))
    recipe = pipeline(config, checkpoints=None, stop=Stop())
    began, cpu = time.perf_counter(), time.process_time()
    recipe.tune(training)
    export(recipe.fit(training), training, config, root / "model")
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    model = load(Bundle.open(root / "model"))
    assert isinstance(model, SequenceModel)
    rows = {**_peers(training, model), "ours": scorer(model, prepared)}
    print(f"\n{'':24}{'HR@10':>8}{'NDCG@10':>9}{'MRR':>8}{'coverage':>10}")
    for name, score in rows.items():
        print(f"{name:24}" + "{:8.4f}{:9.4f}{:8.4f}{:10.3f}".format(*_ranked(score, prepared)))
    print(f"ours: {wall:.0f} s, {cpu:.0f} CPU seconds to train")


def _ranked(score: Scorer, prepared: Prepared) -> tuple[float, float, float, float]:
    """Hit rate, NDCG, reciprocal rank and coverage; ties count half."""
    sequences = prepared.sequences
    ranks, recommended = [], set()
    for user in np.flatnonzero(sequences.lengths >= 3):
        shown = int(sequences.lengths[user]) - 1
        scores = np.array(score(int(user), shown), np.float64)
        target = int(sequences.items[sequences.offsets[user] + shown])
        mine = scores[target]
        scores[sequences.history(int(user), shown).items] = -np.inf
        scores[target] = mine
        ranks.append((scores > mine).sum() + ((scores == mine).sum() - 1) / 2 + 1)
        recommended.update(np.argpartition(-scores, 10)[:10].tolist())
    rank = np.asarray(ranks)
    return (
        float((rank <= 10).mean()),
        float(((rank <= 10) / np.log2(rank + 1)).mean()),
        float((1 / rank).mean()),
        len(recommended) / len(prepared.items),
    )


def _peers(training: Prepared, model: SequenceModel) -> dict[str, Scorer]:
    """Simpler models on the same training events, and the parts of ours alone."""
    sequences, items = training.sequences, len(training.items)
    popular = popularity.distinct_users(sequences, items).astype(np.float32)
    ease = linear.fit(sequences, items, 500.0)

    def history(user: int, shown: int) -> NDArray[np.int32]:
        return sequences.history(user, shown).items

    def plain(rows: SparseRows) -> Scorer:
        return lambda user, shown: rows.sum(
            np.unique(history(user, shown)), np.ones(len(set(history(user, shown))))
        )

    found: dict[str, Scorer] = {"popularity": lambda user, shown: popular, "EASE 500": plain(ease)}
    rows = model.rows["transitions"]
    found["transitions, half-life 2"] = lambda user, shown: rows.sum(
        history(user, shown), 0.5 ** (np.arange(shown)[::-1] / 2.0)
    )

    def part(name: str) -> Scorer:
        half_life = model.parts[name]["halfLife"]
        return lambda user, shown: model.simple_part(name, history(user, shown), half_life)

    found["part transitions"], found["part linear"] = part("transitions"), part("linear")
    found["part encoder"] = lambda user, shown: (
        model.item_vectors
        @ model.vector(sequences.history(user, shown), now=training.latest, user_index=user)
        + model.item_bias
    )
    return found


if __name__ == "__main__":
    main()
