"""Rows per second and core of jobs on data, on one Parquet file that stands for all.

    python -m benchmarks.data.data_jobs [--rows 1000000]

The lake is a folder in memory, so that no network is measured. CPU seconds.
"""

import argparse
import io
import resource
from time import process_time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lambdas.attribution.reading import bulk
from lambdas.deletion.lake_files import delete_user_rows
from lambdas.exporting.export import Export, csv_bytes
from lambdas.stores.lake import LakeBucket
from tastemaker.attribution import Metric, Sources, Tally
from tastemaker.contracts.plans import ExportPlan

KEY = "bulk/1/part-00000.parquet"
METRICS = [Metric("views", "view", "samplecount"), Metric("income", "view", "sum", "ITEMS", "PRICE")]
COLUMNS = ["USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE"]


class Memory:
    """As much of S3 as the jobs use."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def get_object(self, **_: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.data)}

    def upload_file(self, path: str, *_: str) -> None:
        pass

    def get_paginator(self, operation: str) -> Any:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return []


class OneFile(LakeBucket):
    """A lake with one file."""

    def objects(self, prefix: str, after: str = "") -> Any:
        return [(KEY, 0.0)]


def table(rows: int) -> bytes:
    """Interactions of a tenth as many users."""
    rng = np.random.default_rng(3)
    users, items = rng.integers(0, rows // 10, rows), rng.integers(0, 50_000, rows)
    columns = {
        "USER_ID": pa.array([f"user-{user:08}" for user in users.tolist()]),
        "ITEM_ID": pa.array([f"item-{item:06}" for item in items.tolist()]),
        "TIMESTAMP": pa.array(np.sort(rng.integers(10**9, 10**9 + 30 * 86_400, rows))),
        "EVENT_TYPE": pa.array(["view"] * rows),
    }
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, compression="zstd", row_group_size=1 << 18)
    return out.getvalue()


def main() -> None:
    """Parse the command line, measure, and print the result."""
    parser = argparse.ArgumentParser(description="Rows per second and core of jobs on data")
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    lake = OneFile(Memory(table(rows)), "lake")

    started = process_time()
    gone = delete_user_rows(lake, KEY, [f"user-{user:08}" for user in range(1000)], lambda _: None)
    print(
        f"deletion of 1,000 users: {rows / (process_time() - started):12,.0f} rows per second ({gone:,} gone)"
    )

    plan: ExportPlan = {
        "arn": "",
        "name": "benchmark",
        "mode": "BULK",
        "datasetArn": "",
        "datasetType": "INTERACTIONS",
        "schema": "",
        "imports": [{"prefix": "bulk/1/", "at": 0.0}],
        "events": "",
        "catalog": "",
        "output": "",
        "kmsKeyArn": None,
        "roleArn": None,
    }
    export = Export(plan, COLUMNS, lake, lambda _: [])
    started = process_time()
    size = sum(len(piece) for piece in csv_bytes(COLUMNS, export.rows(), lambda _: None))
    seconds = process_time() - started
    print(f"export:                  {rows / seconds:12,.0f} rows per second ({size:,} bytes)")

    tally = Tally(METRICS, Sources([]))
    started = process_time()
    for event in bulk(lake, "bulk/1/", tally):
        tally.add(event)
    figures = tally.figures((item, {"PRICE": 1.0}) for item in list(tally.items))
    seconds = process_time() - started
    print(f"attribution, 2 metrics:  {rows / seconds:12,.0f} rows per second ({len(figures):,} figures)")
    print(f"most memory:             {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:12,.0f} MB")


if __name__ == "__main__":
    main()
