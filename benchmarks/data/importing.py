"""Speed and memory of our import of a CSV file, beside pyarrow without checks.

    python -m benchmarks.data.importing [--megabytes 1000] [--runs 3]

pyarrow reads and writes the same file. Each run is a process of its own, and the two take turns. Peak memory
is the high-water mark of the process.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import numpy as np

from tastemaker.schemas import Field

FIELDS = [
    Field("USER_ID", "string"),
    Field("ITEM_ID", "string"),
    Field("EVENT_TYPE", "string"),
    Field("EVENT_VALUE", "float", nullable=True),
    Field("TIMESTAMP", "long"),
]


def write_csv(path: Path, megabytes: int) -> int:
    """A synthetic interactions file of about that size. Returns its rows."""
    rng, rows, chunk = np.random.default_rng(7), 0, 500_000
    with path.open("w") as file:
        file.write(",".join(field.name for field in FIELDS) + "\n")
        while file.tell() < megabytes * 1_000_000:
            users, items = rng.integers(0, 200_000, chunk), rng.zipf(1.3, chunk) % 50_000
            values, times = rng.random(chunk), rng.integers(1_600_000_000, 1_700_000_000, chunk)
            lines = zip(users.tolist(), items.tolist(), values.tolist(), times.tolist(), strict=True)
            file.writelines(
                f"user-{u},item-{i},{'click' if v < 0.8 else 'purchase'},{v:.3f},{t}\n"
                for u, i, v, t in lines
            )
            rows += chunk
    return rows


def ours(root: Path) -> int:
    """Import the file with our importer. Returns its rows."""
    from tastemaker.importing.importer import Importer
    from tastemaker.importing.storage import Folder

    store = Folder(root)
    importer = Importer(store, store, FIELDS, "out/", log=lambda _: None)
    return int(importer.run("s3://data/events.csv")["rows"])


def plain(root: Path) -> int:
    """The least that reading, typing and writing can cost with the same libraries."""
    import pyarrow as pa
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq

    types = {"string": pa.string(), "float": pa.float64(), "long": pa.int64()}
    options = pa_csv.ConvertOptions(column_types={field.name: types[field.type] for field in FIELDS})
    reader = pa_csv.open_csv(
        root / "data" / "events.csv", pa_csv.ReadOptions(block_size=8 << 20), convert_options=options
    )
    rows = 0
    with pq.ParquetWriter(
        root / "plain.parquet", reader.schema, compression="zstd", compression_level=1
    ) as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def one(kind: str, root: Path) -> None:
    """Measure one import in this process: print its rows, seconds, processor seconds, and peak megabytes."""
    import_module("tastemaker.importing.importer")  # a function loads its modules before it imports

    wall, cpu = perf_counter(), process_time()
    rows = {"ours": ours, "plain": plain}[kind](root)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(rows, perf_counter() - wall, process_time() - cpu, peak)


def main() -> None:
    """Run both imports in turn, each in its own process, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--one", nargs=2, metavar=("KIND", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one[0], Path(arguments.one[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data" / "events.csv"
        path.parent.mkdir()
        rows = write_csv(path, arguments.megabytes)
        megabytes = path.stat().st_size / 1e6
        print(f"{rows:,} rows, {megabytes:,.0f} MB")
        seconds: dict[str, list[float]] = {"plain": [], "ours": []}
        for _ in range(arguments.runs):
            for kind in seconds:
                command = [sys.executable, "-m", "benchmarks.data.importing", "--one", kind, folder]
                answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
                wall, cpu, peak = map(float, answer[1:])
                seconds[kind].append(wall)
                print(
                    f"{kind:6} {wall:6.2f} s wall {cpu:6.2f} s CPU  {megabytes / wall:6.0f} MB/s  "
                    f"{rows / wall:10,.0f} rows/s  peak {peak:5.0f} MB"
                )
        print(f"ours / plain, median wall time: {median(seconds['ours']) / median(seconds['plain']):.2f}")


if __name__ == "__main__":
    main()
