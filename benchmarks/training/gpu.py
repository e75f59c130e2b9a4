r"""Larger steps, half precision and compiled layers: what each gains and costs on the device that is there.

    python -m benchmarks.training.gpu [--events 1] [--items 10] [--tokens 2048,8192,32768] [--passes 3]
        [--compiler inductor] [--device cuda]

Each combination trains the same network on the same events, with the rate scaled by the root of the step's
size. Half of the events follow from the event before, so that there is something to learn. Rates are those of
the last pass; `first` is the seconds of the first pass, which compiles and fills caches. Seconds are by the
clock on a GPU, and of one thread's CPU time on a CPU. `loss` is that of the last pass, and NDCG@10 that of
the last event of 1,000 users whose last event was held out. Memory is the most that the GPU held.
"""

from __future__ import annotations

import argparse
import time
from itertools import product

import numpy as np
import torch

from benchmarks.training.rate import synthetic
from tastemaker.models.features import FeatureRows
from training.algorithms import batches, network, trainer
from training.algorithms.course import Course
from training.algorithms.steps import Steps
from training.data.prepared import Sequences

HELD_OUT, FOLLOWERS, FOLLOWING = 1_000, 5, 0.5
WIDTH, WINDOW, RATE = 96, 100, 3e-3


def followed(events: int, items: int) -> Sequences:
    """The synthetic events; half of them are one of five items that follow from the event before."""
    rng = np.random.default_rng(3)
    found = synthetic(events, items)
    after = rng.integers(0, items, (items, FOLLOWERS)).astype(np.int32)
    item, starts = found.items.copy(), set(found.offsets.tolist())
    chosen, drawn = rng.random(len(item)) < FOLLOWING, rng.integers(0, FOLLOWERS, len(item))
    for place in np.flatnonzero(chosen).tolist():
        if place not in starts:
            item[place] = after[item[place - 1], drawn[place]]
    return Sequences(found.offsets, item, found.times, found.types, found.weights, found.context)


def without_last(sequences: Sequences, users: int) -> Sequences:
    """The events without the last one of the first users."""
    keep = np.ones(len(sequences.items), bool)
    keep[sequences.offsets[1 : users + 1] - 1] = False
    return sequences.keep(keep)


def ndcg(net: network.Network, sequences: Sequences, users: int, device: torch.device) -> float:
    """The mean of 1 / log2(rank + 1) of these users' last events, if they are among the best ten."""
    windows = batches.cut(sequences, WINDOW, np.random.default_rng(0))
    last = windows.starts + windows.lengths == sequences.offsets[windows.users + 1]
    wanted = np.flatnonzero(last & (windows.users < users))
    gains = []
    with torch.no_grad():
        table = net.table()
        for one in wanted.tolist():
            batch = batches.collate(sequences, windows, np.array([one]), device)
            scores = net(batch, table)[-1] @ table.T + net.bias
            rank = int((scores > scores[batch.target[-1]]).sum()) + 1
            gains.append(1 / np.log2(rank + 1) if rank <= 10 else 0.0)
    return float(np.mean(gains))


def measured(sequences: Sequences, items: int, steps: Steps, passes: int, device: torch.device) -> list[str]:
    """Train with these settings, and return a row of the table."""
    torch.manual_seed(0)
    train = without_last(sequences, HELD_OUT)
    users, nothing = FeatureRows.empty(train.users), FeatureRows.empty(items)
    shape = network.Shape(items, 0, 0, 0, 1, width=WIDTH, window=WINDOW)
    net = network.Network(shape, nothing, users).to(device)
    counts, usual = np.bincount(train.items, minlength=items), batches.tokens(len(train.items))
    tokens, rate = steps.tokens or usual, steps.rate(RATE, usual)
    warm_up = min(100, passes * len(train.items) // tokens // 10)
    work = trainer.Work(shape, nothing, users, train, counts, tokens, rate, warm_up, 0, steps)
    one, course, seconds, loss = trainer.Trainer(net, work), Course(passes, fixed=True), [], 0.0
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    clock = time.perf_counter if device.type == "cuda" else time.process_time
    for number in range(passes):
        began = clock()
        loss = one.one_pass(number, course.turn, None)  # reading the loss waits for the GPU
        course.note(loss, passes)
        seconds.append(clock() - began)
    memory = torch.cuda.max_memory_allocated() / 2**30 if device.type == "cuda" else 0.0
    quality = ndcg(one.optimizer.averaged_network(), sequences, HELD_OUT, device)
    named = ["yes" if steps.bfloat16 else "", steps.compiled]
    speed = f"{len(train.items) / seconds[-1]:,.0f}"
    updates = f"{one.optimizer.steps:,}"
    return [f"{tokens:,}", *named, updates, speed, f"{seconds[0]:.1f}", f"{loss:.3f}", f"{quality:.4f}",
            f"{memory:.1f}"]  # fmt: skip


def main() -> None:
    """Parse the command line, measure, and print the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=float, default=1.0, help="millions of events")
    parser.add_argument("--items", type=float, default=10.0, help="thousands of items")
    parser.add_argument("--tokens", default="2048,8192,32768", help="tokens of a step, a list")
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--compiler", default="inductor", help="backend of torch.compile; empty for none")
    parser.add_argument("--device", default="", help="cuda or cpu (default: a GPU if there is one)")
    given = parser.parse_args()
    device = torch.device(given.device) if given.device else trainer.device()
    if device.type == "cpu":
        torch.set_num_threads(1)
    items = int(given.items * 1000)
    sequences = followed(int(given.events * 1e6), items)
    name = torch.cuda.get_device_name() if device.type == "cuda" else "one CPU thread"
    print(f"{len(sequences.items):,} events, {items:,} items, {given.passes} passes, on {name}")
    heads = ["tokens", "bfloat16", "compiled", "updates", "events per second", "first", "loss"]
    heads += ["NDCG@10", "GB"]
    print(f"| {' | '.join(heads)} |\n|{' ---: |' * len(heads)}")
    compilers = ["", given.compiler] if given.compiler else [""]
    sizes = [int(text) for text in given.tokens.split(",")]
    for tokens, half, compiler in product(sizes, (False, True), compilers):
        row = measured(sequences, items, Steps(tokens, half, compiler), given.passes, device)
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
