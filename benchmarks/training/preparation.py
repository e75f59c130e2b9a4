"""Preparing many events for training: time, memory and rate.

    python -m benchmarks.training.preparation [--events 1,10,30] [--items 100000] [--engine spark]

The events are synthetic: items by Zipf's law, 2 to 200 events per user, one in fifty twice, ordered by time,
in Parquet files of three million rows. Each run is a separate process. Peak memory is the process's own
high-water mark, and CPU seconds are those of all its threads.

The engine `spark` needs PySpark (run it with `.venv-spark/bin/python`, which `make test-spark` creates). It
is one process of Spark with one core. Its CPU seconds are those of the JVM and its Python workers, without
the start.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
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
    """Write files and config.json under `root`, as an import and the control plane do."""
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
                "USER_ID": named("user-", user),
                "ITEM_ID": named("item-", item),
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


def named(prefix: str, numbers: np.ndarray) -> pa.Array:
    """Ids of a prefix and a number."""
    return pc.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), "")


def numpy_engine(root: Path) -> int:
    """Do what a training job does before it fits anything."""
    from training.config_reader import read_config
    from training.data.prepare import prepare

    return len(prepare(read_config(root / "config.json"), root).sequences.items)


def one(root: Path, engine: str) -> None:
    """Measure one run in this process."""
    if engine == "spark":
        spark_engine(root)
        return
    wall = perf_counter()
    events = numpy_engine(root)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(events, perf_counter() - wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def spark_engine(root: Path) -> None:
    """Make shards of events by Spark, measured once it runs."""
    from pyspark.sql import SparkSession

    from distributed.__main__ import prepare_events
    from distributed.storage import Storage

    local = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
    }
    builder = SparkSession.builder.master("local[1]").config("spark.driver.memory", "4g").config(map=local)
    spark = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", "100000").getOrCreate()
    keys = [path.relative_to(root).as_posix() for path in root.rglob("*.parquet")]
    size = sum((root / key).stat().st_size for key in keys)
    place = Storage(str(root))
    place.write("manifest.json", keys)
    plan = {
        "manifestKey": "manifest.json",
        "configKey": "config.json",
        "prepared": "prepared/",
        "bytes": size,
    }
    wall, cpu = perf_counter(), _processor_seconds()
    events = prepare_events(spark, plan, place)["events"]
    print(events, perf_counter() - wall, _processor_seconds() - cpu, _largest_worker())
    spark.stop()


def _family() -> list[list[str]]:
    """The fields of /proc/<pid>/stat after the name, of this process and all its descendants."""
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            stats[int(path.parent.name)] = path.read_text().rpartition(") ")[2].split()
    found = {os.getpid()}
    while more := {pid for pid, stat in stats.items() if int(stat[1]) in found} - found:
        found |= more
    return [stats[pid] for pid in found if pid in stats]


def _processor_seconds() -> float:
    """The user and system time of the family, including children that have ended."""
    return sum(sum(map(int, stat[11:15])) for stat in _family()) / os.sysconf("SC_CLK_TCK")


def _largest_worker() -> float:
    """The megabytes of the largest process of the family now."""
    return max(int(stat[21]) for stat in _family()) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    """Parse the command line, measure, and print the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", default="1,10,30", help="millions of events, a list")
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="keep the data here, and use what is there")
    parser.add_argument("--engine", choices=("numpy", "spark"), default="numpy")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one, arguments.engine)
        return
    with tempfile.TemporaryDirectory() as temporary:
        for millions in arguments.events.split(","):
            root = (arguments.folder or Path(temporary)) / millions
            if not root.exists():
                write(root, int(float(millions) * 1e6), arguments.items)
            command = [sys.executable, "-m", "benchmarks.training.preparation", "--one", str(root)]
            command += ["--engine", arguments.engine]
            answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()[
                -4:
            ]
            events, wall, cpu, peak = map(float, answer)
            print(
                f"{millions:>4} million: {events:,.0f} events kept, {wall:.1f} s wall, {cpu:.1f} s CPU, "
                f"{events / cpu:,.0f} events per CPU second, peak {peak:,.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
