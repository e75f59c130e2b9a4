r"""The speed and the memory of training the transformer, as data grows.

    python -m benchmarks.training.rate [--events 1,10,30] [--items 10,100,1000] [--batches 60] \
        [--processes 1,2]

The events are synthetic: items by Zipf's law, 2 to 200 events per user. The first batches of a pass are
trained and timed with one thread, in a separate process for each size. The time of a whole pass is
extrapolated by the number of events. Several processes are started by `torchrun` and train as many batches
each. Their CPU seconds are added up, and the rate by the clock is that of all of them. Peak memory is the
process's own high-water mark, including data and optimizer.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from dataclasses import replace
from itertools import product

import numpy as np

from training.data.prepared import Sequences

MARK = "measured"


def synthetic(events: int, items: int, seed: int = 7) -> Sequences:
    """Histories of log-normal lengths, 2 to 200, over a span of three years."""
    rng = np.random.default_rng(seed)
    lengths = np.clip(rng.lognormal(3, 1, events // 15), 2, 200).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    offsets = offsets[: np.searchsorted(offsets, events) + 1]
    count = int(offsets[-1])
    chances = np.cumsum(1 / np.arange(1, items + 1))
    item = np.searchsorted(chances, rng.random(count) * chances[-1]).astype(np.int32)
    owners = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    times = 1_600_000_000 + rng.integers(0, 100_000_000, count)
    times = times[np.lexsort((times, owners))]
    return Sequences(
        offsets,
        item,
        times,
        np.zeros(count, np.int16),
        np.ones(count, np.float32),
        np.zeros((count, 0), np.int32),
    )


def one(events: int, items: int, most: int) -> None:
    """Measure one size in this process."""
    import torch

    from tastemaker.models.features import FeatureRows
    from training.algorithms import batches, trainer, transformer
    from training.algorithms.network import Network, Shape
    from training.distributed import process_group

    torch.set_num_threads(1)
    torch.manual_seed(0)
    sequences, group = synthetic(events, items), process_group.join()
    plan = transformer.Plan(seconds=1.0).for_data(len(sequences.items))
    shape = Shape(items, 0, 0, 0, 1, width=plan.width, window=plan.window, dropout=plan.dropout)
    none, counts = FeatureRows.empty(items), np.bincount(sequences.items, minlength=items)
    tokens, users = batches.tokens(len(sequences.items), group.size), FeatureRows.empty(sequences.users)
    mine = np.arange(sequences.users) % group.size == group.rank
    own = replace(sequences.keep(np.repeat(mine, sequences.lengths)), group=group)
    work = trainer.Work(shape, none, users, own, counts, tokens, plan.rate, 10, 0)
    one = trainer.Trainer(Network(shape, none, users), work)
    epoch = batches.Epoch(
        work.sequences, plan.window, 0, 0, torch.device("cpu"), max_tokens=tokens, rank=group.rank
    )
    read, began, clock = 0, 0.0, 0.0
    for number, batch in enumerate(epoch):
        if number == 5:  # the first ones allocate
            read, began, clock = 0, time.process_time(), time.perf_counter()
        if number == 5 + most:
            break
        one.step(batch, 0.0)
        read += len(batch.target)
    wall = time.perf_counter() - clock
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(MARK, plan.width, plan.least, read, seconds, wall, len(sequences.items), peak, flush=True)
    process_group.leave()


def measured(sizes: list[str], batches: str, processes: int) -> list[float]:
    """Width, passes, events per CPU second, events per second by the clock, CPU hours per pass, and GB."""
    alone, several = [sys.executable], [sys.executable, "-m", "torch.distributed.run"]
    start = alone if processes == 1 else [*several, f"--nproc-per-node={processes}", "--standalone"]
    command = [*start, "-m", "benchmarks.training.rate", "--batches", batches, "--one", *sizes]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    lines = [line.split() for line in answer.stdout.splitlines() if line.startswith(MARK)]
    width, passes, read, seconds, wall, events, peak = np.array([line[1:] for line in lines], float).T
    rate = read.sum() / seconds.sum()
    return [width[0], passes[0], rate, read.sum() / wall.max(), events[0] / rate / 3600, peak.max()]


def main() -> None:
    """Parse the command line, measure, and print the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", default="1,10,30", help="millions of events, a list")
    parser.add_argument("--items", default="10,100,1000", help="thousands of items, a list")
    parser.add_argument("--batches", type=int, default=60)
    parser.add_argument("--processes", default="1", help="processes at once, a list")
    parser.add_argument("--one", nargs=2, type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one[0], arguments.one[1], arguments.batches)
        return
    heads = [
        *("million events", "thousand items", "processes", "width", "passes"),
        *("events per CPU second", "events per second", "CPU hours a pass", "GB"),
    ]
    print(f"| {' | '.join(heads)} |\n|{' ---: |' * len(heads)}")
    cases = product(*(text.split(",") for text in (arguments.events, arguments.items, arguments.processes)))
    for millions, thousands, processes in cases:
        sizes = [str(int(float(millions) * 1e6)), str(int(float(thousands) * 1e3))]
        width, passes, rate, speed, hours, peak = measured(sizes, str(arguments.batches), int(processes))
        sized = [f"{width:.0f}", f"{passes:.0f}"]
        row = [*sized, f"{rate:,.0f}", f"{speed:,.0f}", f"{hours:.2f}", f"{peak:.1f}"]
        print("| " + " | ".join((millions, thousands, processes, *row)) + " |", flush=True)


if __name__ == "__main__":
    main()
