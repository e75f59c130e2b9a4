"""The time of a new process until its first recommendation, by part.

    python -m benchmarks.serving.coldstart [--items 100000] [--users 100000] [--runs 5]

Each run is a new interpreter. The bundle is synthetic (a sequence model without an encoder: random
transitions, repeats and popularity) and on local disk, as after a download. Stores are fakes, so that no
network is measured. Parts are medians of CPU time; from the second run on, bytecode is compiled and files
are cached. A function's package has sixteen of botocore's four hundred services, so that clients are
created faster.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tastemaker.serving.loaded import LoadedBundle

PREFIX = "arn:aws:personalize:eu-west-1:123456789012:"
GROUP = f"{PREFIX}dataset-group/bench"


def write_bundle(folder: Path, items: int, users: int) -> None:
    """Write a bundle. Each user has 20 events."""
    import numpy as np

    from tastemaker.columns import Columns
    from tastemaker.ids import Ids, save_array
    from tastemaker.models import Histories
    from tastemaker.models.sparse import SparseRows

    rng = np.random.default_rng(5)
    (folder / "model").mkdir(parents=True)
    Ids.build(f"item-{n:08}" for n in range(items)).save(folder, "items")
    Ids.build(f"user-{n:08}" for n in range(users)).save(folder, "users")
    genres = rng.integers(0, 30, items).tolist()
    records: list[dict[str, str | float | bool | None]] = [
        {"GENRE": f"g{genre}", "PRICE": float(genre)} for genre in genres
    ]
    Columns.build({"GENRE": "categorical", "PRICE": "number"}, records).save(folder / "item_columns")
    Columns.build({}, [{}] * users).save(folder / "user_columns")
    events = users * 20
    Histories(
        np.arange(0, events + 1, 20),
        rng.integers(0, items, events).astype(np.int32),
        np.sort(rng.integers(0, 10**9, events).reshape(users, 20), axis=1).ravel(),
        np.zeros(events, np.int16),
    ).save(folder)
    save_array(folder / "popularity.npy", rng.integers(1, 999, items).astype(np.float32))
    save_array(folder / "item_users.npy", rng.integers(1, 999, items).astype(np.int32))
    save_array(folder / "item_created.npy", np.zeros(items, np.int64))
    rows = SparseRows(
        np.arange(0, items * 50 + 1, 50),
        rng.integers(0, items, items * 50).astype(np.int32),
        rng.random(items * 50).astype(np.float32),
    )
    rows.save(folder / "model", "transitions")
    parts = {
        "transitions": {"weight": 1.0, "halfLife": 2.0},
        "repeat": {"weight": 0.5, "halfLife": 2.0},
        "popularity": {"weight": 0.1},
    }
    model = {"parts": parts, "typicalGap": 60, "trainedTypes": [True], "unknownTypes": True}
    manifest = {"formatVersion": 1, "kind": "sequence", "eventTypes": ["view"], "model": model}
    (folder / "bundle.json").write_text(json.dumps(manifest))


def one(folder: Path) -> dict[str, float]:
    """Return the CPU milliseconds of this process's start, by part."""
    parts: dict[str, float] = {}
    last = [process_time()]

    def lap(name: str) -> None:
        now = process_time()
        parts[name] = (now - last[0]) * 1000
        last[0] = now

    os.environ.update(AWS_REGION="eu-west-1", AWS_ACCESS_KEY_ID="bench", AWS_SECRET_ACCESS_KEY="bench")
    import numpy  # noqa: F401

    lap("import numpy")
    import botocore.session  # noqa: F401

    lap("import botocore")
    from lambdas.support import http  # noqa: F401

    lap("import logging, wire")
    from lambdas.support.clients import client

    client("dynamodb")
    lap("DynamoDB client")
    client("s3")
    lap("S3 client")
    from lambdas.runtime.warm import warm  # noqa: F401
    from tastemaker.serving.loaded import LoadedBundle
    from tastemaker.serving.recommendations import get_recommendations  # noqa: F401
    from tastemaker.serving.runtime import Runtime  # noqa: F401

    lap("import runtime, filters, models")
    loaded = LoadedBundle.open(folder)
    lap("open bundle and model")

    ask = requests_of(loaded)
    last[0] = process_time()
    for name in ("first request", "second request"):
        answer = ask()
        assert answer["statusCode"] == 200, answer
        lap(name)
    warm_times = []
    for _ in range(50):
        started = process_time()
        ask()
        warm_times.append((process_time() - started) * 1000)
    parts["warm request (median of 50)"] = median(warm_times)
    return parts


def requests_of(loaded: LoadedBundle) -> Callable[[], dict[str, Any]]:
    """Return a function that sends one request to the handler of a campaign with this bundle."""
    from lambdas.support import http
    from tastemaker.control.core.records import MemoryRepository, Record
    from tastemaker.serving.endpoints import RecordCache
    from tastemaker.serving.ports import Bundles
    from tastemaker.serving.recommendations import get_recommendations
    from tastemaker.serving.runtime import Runtime
    from tastemaker.wire import Service

    class OpenBundle(Bundles):
        def get(self, uri: str) -> LoadedBundle:
            return loaded

    class NoEvents:
        def newest(self, event_group: str, user: str, limit: int = 200) -> list:
            return []

    serving = {
        "solutionVersionArn": f"{PREFIX}solution/s/1",
        "recipeArn": "arn:aws:personalize:::recipe/aws-user-personalization-v2",
        "bundle": "s3://lake/b/",
        "datasetGroupArn": GROUP,
    }
    repository = MemoryRepository()
    repository.create(Record(f"{PREFIX}campaign/c", "Campaign", {"status": "ACTIVE", "_serving": serving}))
    runtime = Runtime(RecordCache(repository), OpenBundle(), NoEvents())
    service = Service("personalize-runtime")
    operations = {"GetRecommendations": lambda params: get_recommendations(runtime, params)}
    body = json.dumps({"campaignArn": f"{PREFIX}campaign/c", "userId": "user-00000007"})
    request = {
        "rawPath": "/recommendations",
        "requestContext": {"http": {"method": "POST"}},
        "body": body,
    }
    return lambda: http.serve(service, request, operations, None)


def main() -> None:
    """Parse the command line, measure, and print the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--one", metavar="FOLDER", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps({**one(Path(arguments.one)), "CPU until here": process_time() * 1000}))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle"
        write_bundle(path, arguments.items, arguments.users)
        runs = []
        for _ in range(arguments.runs):
            command = [sys.executable, "-m", "benchmarks.serving.coldstart", "--one", str(path)]
            environ = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
            started = perf_counter()
            run = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)
            runs.append(
                {**json.loads(run.stdout.splitlines()[-1]), "process": (perf_counter() - started) * 1000}
            )
        print(f"{arguments.items:,} items, {arguments.users:,} users, median of {arguments.runs}, CPU ms")
        for name in runs[0]:
            print(f"  {name:34} {median(run[name] for run in runs):8.1f}")
        until = list(runs[0])[: list(runs[0]).index("first request") + 1]
        print(f"  {'start to first answer':34} {median(sum(run[n] for n in until) for run in runs):8.1f}")


if __name__ == "__main__":
    main()
