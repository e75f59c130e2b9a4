"""Preparing many events for training: time, memory and rate.

    python -m benchmarks.preparation [--events 1,10,30] [--items 100000]

Events are synthetic: items by Zipf's law, 2 to 200 events a user, one in fifty twice, in order of time, in
Parquet files of three million rows. Each run is a process of its own; peak memory is the process's own
high-water mark, and CPU seconds are those of all its threads.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

PREFIX = "groups/bench/datasets/INTERACTIONS/run/"
ROWS_PER_FILE = 3_000_000
TYPES = pa.array(["view", "click", "buy"])
START, END = 1_600_000_000, 1_700_000_000
FIELDS = [
    {"name": "USER_ID", "type": "string"},
    {"name": "ITEM_ID", "type": "string"},
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "EVENT_VALUE", "type": ["null", "float"]},
    {"name": "TIMESTAMP", "type": "long"},
]


def write(root: Path, events: int, items: int) -> None:
    """Files and config.json under `root`, as an import and the control plane leave them."""
    rng = np.random.default_rng(7)
    lengths = np.clip(rng.lognormal(3, 1, events // 15), 2, 200).astype(np.int64)
    users = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)[:events]
    users = users[rng.permutation(len(users))]
    times = np.sort(rng.integers(START, END, len(users)))
    chances = np.cumsum(1 / np.arange(1, items + 1))
    folder = root / PREFIX
    folder.mkdir(parents=True)
    for number, at in enumerate(range(0, len(users), ROWS_PER_FILE)):
        some = slice(at, at + ROWS_PER_FILE)
        count = len(users[some])
        columns = [
            users[some],
            np.searchsorted(chances, rng.random(count) * chances[-1]).astype(np.int32),
            rng.random(count).round(3),
            times[some],
        ]
        twice = np.sort(np.append(np.arange(count), rng.integers(0, count, count // 50)))
        user, item, value, time = (column[twice] for column in columns)
        table = pa.table(
            {
                "USER_ID": _named("user-", user),
                "ITEM_ID": _named("item-", item),
                "EVENT_TYPE": TYPES.take(pa.array((value * 1000).astype(int) % 3)),
                "EVENT_VALUE": value,
                "TIMESTAMP": time,
            }
        )
        pq.write_table(table, folder / f"part-{number:05}.parquet", compression="zstd", compression_level=1)
    dataset = {"schema": {"type": "record", "name": "Interactions", "fields": FIELDS}, "prefixes": [PREFIX]}
    config = {"formatVersion": 1, "recipe": "aws-user-personalization-v2"}
    config |= {"datasets": {"INTERACTIONS": dataset}}
    (root / "config.json").write_text(json.dumps(config))


def _named(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), "")


def numpy_engine(root: Path) -> int:
    """What a training job does before it fits anything."""
    from training.config import read_config
    from training.prepare import prepare

    return len(prepare(read_config(root / "config.json"), root).sequences.items)


def one(root: Path) -> None:
    """Measure one run in this process."""
    wall = perf_counter()
    events = numpy_engine(root)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(events, perf_counter() - wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", default="1,10,30", help="millions of events, a list")
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="keep the data here, and use what is there")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one)
        return
    with tempfile.TemporaryDirectory() as temporary:
        for millions in arguments.events.split(","):
            root = (arguments.folder or Path(temporary)) / millions
            if not root.exists():
                write(root, int(float(millions) * 1e6), arguments.items)
            command = [sys.executable, "-m", "benchmarks.preparation", "--one", str(root)]
            answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            events, wall, cpu, peak = map(float, answer)
            print(
                f"{millions:>4} million: {events:,.0f} events kept, {wall:.1f} s wall, {cpu:.1f} s CPU, "
                f"{events / cpu:,.0f} events per CPU second, peak {peak:,.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
