"""CPU seconds until the transformer predicts as well as RecTools' SASRec does at its best.

    python -m benchmarks.training.speed --recbole WHEEL --rectools PYTHON [--rounds 2]

The data is MovieLens 100K with the last event of each user held out. SASRec (64 wide, two blocks, softmax
loss) is asked after more and more epochs, with the library's own learning rate and batch size and with
smaller, faster batches. The better of the two counts. Our encoder, alone and without a blend, is trained for
one pass, two passes and so on, each from the start, because its rate falls with the number of planned passes.
Both use one thread, in turn. The measure is NDCG@10 over the whole catalog, and the time includes everything
between the ordered events and the trained model.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.data import datasets, lake
from benchmarks.quality.peers import sasrec
from benchmarks.quality.protocols import Protocol, leave_one_out, quality
from training.config_reader import read_config
from training.data.prepare import prepare
from training.data.split import validation_cases

STAGES = [5, 10, 20, 40]
SETTINGS = {"rate .001, batches of 128": (1e-3, 128), "rate .002, batches of 32": (2e-3, 32)}
PASSES = (1, 2, 3, 4, 6, 8)


class Point(NamedTuple):
    """NDCG@10 after so many CPU seconds."""

    cpu: float
    ndcg: float


def ours(held: Protocol, seed: int) -> Iterator[Point]:
    """The transformer alone after one pass, two passes and so on, up to the number that training chooses."""
    from training.algorithms import transformer, validation

    for passes in PASSES:
        began = time.process_time()
        plan = transformer.Plan(seconds=3600.0, passes=passes, width=64)
        cases = validation_cases(held.training.sequences, seed)
        result = transformer.fit(held.training, held.training.sequences, cases, plan, seed)
        cpu = time.process_time() - began
        sequences = held.whole.sequences
        lists = validation.lists(
            result.network, sequences, held.cases, held.whole.latest, 10, unseen=not held.seen
        )
        yield Point(cpu, quality(held, lists).ndcg)


def seconds_to(points: list[Point], ndcg: float) -> float:
    """The CPU seconds of the first point that is as good. Infinity if there is none."""
    return min((point.cpu for point in points if point.ndcg >= ndcg), default=np.inf)


def main() -> None:
    """Print every point and the ratio of each round."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training.speed",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--recbole", type=Path, required=True)
    parser.add_argument("--rectools", type=Path, required=True, help="a Python that has RecTools[torch]")
    parser.add_argument("--rounds", type=int, default=2)
    args = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    data = datasets.movielens_100k(args.recbole)
    with tempfile.TemporaryDirectory() as folder:
        config = lake.write(Path(folder), data.tables, categorical=data.categorical)
        prepared = prepare(read_config(config), Path(folder))
    for seed in range(args.rounds):
        held = leave_one_out(prepared, seed)
        mine: list[Point] = []
        for point in ours(held, seed):
            mine.append(point)
            print(f"round {seed}: ours, {point.cpu:.0f} CPU s: NDCG@10 {point.ndcg:.4f}", flush=True)
        theirs: list[Point] = []
        for name, (rate, batch) in SETTINGS.items():
            for peer in sasrec(held, args.rectools, STAGES, rate, batch):
                point = Point(peer.cpu, quality(held, peer.lists).ndcg)
                theirs.append(point)
                about = f"round {seed}: SASRec, {name}, {peer.setting}, {point.cpu:.0f} CPU s"
                print(f"{about}: NDCG@10 {point.ndcg:.4f}", flush=True)
        best = max(point.ndcg for point in theirs)
        slow, quick = seconds_to(theirs, best), seconds_to(mine, best)
        print(f"round {seed}: to {best:.4f}: {slow:.0f} and {quick:.0f} CPU s, {slow / quick:.1f} x")


if __name__ == "__main__":
    main()
