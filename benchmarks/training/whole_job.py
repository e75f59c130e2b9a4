"""One complete training job on synthetic data: stages, time, memory, and metrics beside simple models.

    python -m benchmarks.training.whole_job [--events 10] [--items 100] [--budget 2700]

The job is `python -m training`, as in a container, with one thread. Each line of its log is printed with the
seconds since the start, the CPU seconds since the line before, and the peak memory in between. The simple
models are then fitted on the same training users and asked for the same test users.

The events have what models can learn: items belong to themes and have a popularity by Zipf's law, users have
one to four themes, and an item is often followed by one of its three successors. The best possible NDCG is
not known, so compare the models with each other.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.data import lake
from benchmarks.quality import peers
from benchmarks.training.preparation import END, START, named

ITEMS_PER_THEME = 200
FOLLOWS, OF_A_THEME = 0.35, 0.45
"""The shares of the events that follow from the item before and from the themes of the user."""
ALS_REGULARIZATION = 0.01
"""The library's own."""


class Events(NamedTuple):
    """Synthetic events in no order: int32[events], int32[events], int64[events]."""

    users: NDArray[np.int32]
    items: NDArray[np.int32]
    times: NDArray[np.int64]


class Theme(NamedTuple):
    """Draws of items by popularity, of all or of one theme. Item n belongs to theme n modulo `themes`."""

    items: int
    themes: int

    def any(self, rng: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Items by Zipf's law: int64[count]."""
        return _zipf(rng, self.items, count)

    def of(self, rng: np.random.Generator, themes: NDArray[np.int64]) -> NDArray[np.int64]:
        """An item of each of these themes, by Zipf's law within the theme."""
        return _zipf(rng, self.items // self.themes, len(themes)) * self.themes + themes


def _zipf(rng: np.random.Generator, values: int, count: int) -> NDArray[np.int64]:
    chances = np.cumsum(1 / np.arange(1, values + 1))
    return np.searchsorted(chances, rng.random(count) * chances[-1])


def synthetic(events: int, items: int, seed: int = 7) -> Events:
    """Events of users with 2 to 200 events each."""
    rng = np.random.default_rng(seed)
    theme = Theme(items, max(items // ITEMS_PER_THEME, 1))
    lengths = np.clip(rng.lognormal(3, 1, events // 10), 2, 200).astype(np.int64)
    lengths = np.sort(lengths[: np.searchsorted(np.cumsum(lengths), events) + 1])[::-1]
    mine = theme.any(rng, len(lengths) * 4).reshape(-1, 4) % theme.themes
    known = rng.integers(1, 5, len(lengths))
    successors = theme.of(rng, np.repeat(np.arange(items) % theme.themes, 3)).reshape(-1, 3)
    columns = np.zeros((lengths[0], len(lengths)), np.int32)
    last = theme.any(rng, len(lengths))
    for position in range(lengths[0]):
        count = int(np.searchsorted(-lengths, -position))  # users with more events than this
        kind = rng.random(count)
        follows, wide = kind < FOLLOWS, kind >= FOLLOWS + OF_A_THEME
        item = theme.of(rng, mine[np.arange(count), rng.integers(0, known[:count])])
        item[wide] = theme.any(rng, int(wide.sum()))
        item[follows] = successors[last[:count][follows], rng.integers(0, 3, int(follows.sum()))]
        columns[position, :count] = last[:count] = item
    positions, user = np.nonzero(np.arange(lengths[0])[:, None] < lengths)
    first = rng.integers(START, END, len(lengths))
    times = first[user] + positions * 3_600 + rng.integers(0, 3_000, len(user))
    return Events(user.astype(np.int32), columns[positions, user], times)


def write(root: Path, events: Events, items: int, budget: int) -> Path:
    """Write the events and the themes of the items under `root`. Returns the path of config.json."""
    order = np.argsort(events.times, kind="stable")
    columns = {"USER_ID": named("user-", events.users[order]), "ITEM_ID": named("item-", events.items[order])}
    themes = np.arange(items) % max(items // ITEMS_PER_THEME, 1)
    tables = {
        "INTERACTIONS": pa.table({**columns, "TIMESTAMP": events.times[order]}),
        "ITEMS": pa.table({"ITEM_ID": named("item-", np.arange(items)), "THEME": named("theme-", themes)}),
    }
    settings = {"trainingBudgetSeconds": str(budget)}
    return lake.write(root, tables, categorical=("THEME",), hyperParameters=settings)


class Watched:
    """The CPU seconds and the peak memory of a process, read twice a second."""

    def __init__(self, pid: int) -> None:
        self.process = Path(f"/proc/{pid}")
        self.peak, self.cpu, self.alive = 0.0, 0.0, True
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        while self.alive:
            self.look()
            time.sleep(0.5)

    def look(self) -> None:
        """Read both now."""
        try:
            status = (self.process / "status").read_text().splitlines()
            stat = (self.process / "stat").read_text().rpartition(") ")[2].split()
        except OSError:
            return
        for line in status:
            if line.startswith("VmRSS"):
                self.peak = max(self.peak, int(line.split()[1]) / 1024**2)
        self.cpu = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def job(root: Path, config: Path) -> int:
    """Run the training job and print its log with time and memory. Returns its exit code."""
    command = [sys.executable, "-u", "-m", "training", "--config", str(config), "--data", str(root)]
    command += ["--model-dir", str(root / "model"), "--threads", "1"]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    began, before, most = time.monotonic(), 0.0, 0.0
    print("| clock, s | CPU, s | peak, GB | the job's log |\n| ---: | ---: | ---: | --- |", flush=True)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        watched = Watched(process.pid)
        assert process.stdout is not None
        for line in process.stdout:
            watched.look()
            passed, used = time.monotonic() - began, watched.cpu - before
            print(f"| {passed:.0f} | {used:.0f} | {watched.peak:.1f} | {line.strip()} |", flush=True)
            before, most, watched.peak = watched.cpu, max(most, watched.peak), 0.0
        code = process.wait()
        watched.alive = False
    print(
        f"\nin all {time.monotonic() - began:,.0f} s, {watched.cpu:,.0f} CPU seconds, {most:.1f} GB",
        flush=True,
    )
    size = sum(path.stat().st_size for path in (root / "model").rglob("*") if path.is_file())
    print(f"bundle {size / 1e6:,.0f} MB\n", flush=True)
    return code


def simple_models(root: Path, config: Path) -> None:
    """Print the metrics of simple models, fitted and asked as the job's own metrics are."""
    from training.algorithms import transitions
    from training.config_reader import read_config
    from training.data.prepare import prepare
    from training.data.split import test_cases, without

    read = read_config(config)
    prepared = prepare(read, root)
    cases, count = test_cases(prepared.sequences, read.seed), len(prepared.items)
    training = prepared.with_sequences(without(prepared.sequences, cases, whole=True))
    sequences = training.sequences
    touched = peers.touched_by(sequences, count)

    def shown_items(user: int, shown: int) -> NDArray[np.integer]:
        return prepared.sequences.history(user, shown).items

    def following() -> Callable[[int, int], NDArray[np.float32]]:
        rows = transitions.fit(sequences, count)

        def score(user: int, shown: int) -> NDArray[np.float32]:
            latest = shown_items(user, shown)[-5:]
            return rows.sum(latest, 0.5 ** np.arange(len(latest))[::-1])

        return score

    fits: dict[str, Callable[[], Callable[[int, int], NDArray[np.float32]]]] = {
        "transitions": following,
        "item-kNN, 50 neighbors": partial(peers.neighbors, touched, shown_items, 50),
        "ALS, 64 factors": partial(peers.factors, touched, shown_items, 64, ALS_REGULARIZATION),
    }
    _print_metrics(fits, training, prepared, cases)


def _print_metrics(fits: Mapping[str, Callable[[], Any]], training: Any, prepared: Any, cases: Any) -> None:
    """Print the metrics of popularity and of each model that `fits` fits, with the CPU time."""
    from training.output.evaluate import evaluate, popularity_baseline

    names = [
        f"{name}_at_{k}" for name in ("normalized_discounted_cumulative_gain", "precision") for k in (10, 25)
    ]
    print(
        "| model | NDCG@10 | NDCG@25 | P@10 | P@25 | CPU, s |\n| --- | ---: | ---: | ---: | ---: | ---: |",
        flush=True,
    )
    metrics = popularity_baseline(training, prepared, cases)
    print("| popularity |", " | ".join(f"{metrics[name]:.4f}" for name in names), "| |", flush=True)
    for model, fit in fits.items():
        began = time.process_time()
        metrics = evaluate(fit(), prepared, cases)
        figures = " | ".join(f"{metrics[name]:.4f}" for name in names)
        print(f"| {model} | {figures} | {time.process_time() - began:,.0f} |", flush=True)


def main() -> None:
    """Parse the command line, run the job, and ask the simple models."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=float, default=10, help="millions of events")
    parser.add_argument("--items", type=float, default=100, help="thousands of items")
    parser.add_argument("--budget", type=int, default=2_700, help="trainingBudgetSeconds of the job")
    arguments = parser.parse_args()
    items = int(arguments.items * 1e3)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        config = write(root, synthetic(int(arguments.events * 1e6), items), items, arguments.budget)
        if code := job(root, config):
            sys.exit(code)
        simple_models(root, config)


if __name__ == "__main__":
    main()
