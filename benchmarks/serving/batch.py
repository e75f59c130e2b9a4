"""Users per second and core of a batch inference job, beside implicit's recommend on the same catalog.

    python -m benchmarks.serving.batch [--items 10000 100000] [--users 20000] [--lines 2000] [--rounds 3]

Each line is read, its user's 20 or 50 events are merged, the whole catalog is scored, the best 25 items get a
softmax, and a line of JSON is written. Two bundles are measured: that of benchmarks.serving.coldstart, a
sequence model without an encoder, and that of benchmarks.serving.handler, with an encoder of width 64 (and
clusters, if the catalog is large). `third` and `tenth` are filters by an attribute with that share of the
catalog; `unseen` removes the user's own items. Stores are fakes, so that no network is measured. implicit
gets 64 random factors, leaves out known items, and answers all users in one call, which is its fastest way.
The unit is CPU seconds with one thread. All cases take turns, and figures are medians of the rounds: of the
microseconds of a line and of its stages, and of the ratio with implicit in the same round.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402  # after the number of threads is set

from benchmarks.serving import handler  # noqa: E402
from benchmarks.serving.coldstart import GROUP as DATASET_GROUP  # noqa: E402
from benchmarks.serving.coldstart import PREFIX, write_bundle  # noqa: E402
from lambdas.batch.answer import GROUP  # noqa: E402
from tastemaker.batch import lines  # noqa: E402
from tastemaker.batch.inference import InferenceJob  # noqa: E402
from tastemaker.contracts.plans import BatchPlan  # noqa: E402
from tastemaker.control.core.records import MemoryRepository, Record  # noqa: E402
from tastemaker.serving.endpoints import RecordCache  # noqa: E402
from tastemaker.serving.loaded import LoadedBundle  # noqa: E402
from tastemaker.serving.ports import Bundles  # noqa: E402
from tastemaker.serving.runtime import Runtime  # noqa: E402
from training.algorithms import clusters  # noqa: E402

FILTER = f"{PREFIX}filter/f"
THIRD = "INCLUDE ItemID WHERE Items.PRICE < 10"
IMPLICIT = "implicit, ALS of 64 factors"
STAGES = ("read", "score", "answer", "write")
"""Reading lines; filters, histories and scores of a group; items and their ids; JSON."""
Stages = dict[str, float]


class FakeStore(Bundles):
    """One bundle, and no live events."""

    def __init__(self, folder: Path) -> None:
        self.loaded = LoadedBundle.open(folder)

    def get(self, uri: str) -> LoadedBundle:
        return self.loaded

    def newest(self, event_group: str, user: str, limit: int = 200) -> list:
        return []


def job(store: FakeStore, recipe: str, expression: str | None = None) -> InferenceJob:
    """Return a job on the bundle, optionally with a filter."""
    repository = MemoryRepository()
    body: dict[str, Any] = {"status": "ACTIVE", "datasetGroupArn": DATASET_GROUP}
    body["filterExpression"] = expression
    repository.create(Record(FILTER, "Filter", body))
    runtime = Runtime(RecordCache(repository), store, store, clock=lambda: 1e9, new_id=lambda arn: "")
    plan: BatchPlan = {
        "folder": "",
        "prefixes": [],
        "shards": "",
        "files": "",
        "input": "",
        "output": "",
        "kmsKeyArn": None,
        "roleArn": None,
        "now": 10**9,
        "served": False,
        "lists": None,
        "arn": f"{PREFIX}batch-inference-job/j",
        "solutionVersionArn": f"{PREFIX}solution/s/1",
        "datasetGroupArn": DATASET_GROUP,
        "recipeArn": f"arn:aws:personalize:::recipe/{recipe}",
        "bundle": "s3://lake/bundle/",
        "filterArn": FILTER if expression else None,
        "numResults": 25,
        "config": {},
    }
    return InferenceJob.from_plan(plan, runtime)


def seconds_a_line(work: InferenceJob, questions: list[bytes]) -> Stages:
    """Return the CPU seconds a line by stage, in groups as a batch job answers them."""
    clock = [process_time()]
    for start in range(0, len(questions), GROUP):
        read = [lines.read(line) for line in questions[start : start + GROUP]]
        clock.append(process_time())
        work.score_together([question for _, question, _ in read if question])
        clock.append(process_time())
        outputs = [work.json_answer(question or {}) for _, question, _ in read]
        clock.append(process_time())
        for (echo, _, error), output in zip(read, outputs, strict=True):
            lines.write(echo, output, error)
        clock.append(process_time())
    took = np.diff(clock).reshape(-1, len(STAGES)).sum(axis=0) / len(questions)
    return dict(zip(STAGES, took.tolist(), strict=True))


def seconds_of_implicit(items: int, count: int) -> Stages:
    """Return the CPU seconds a user of implicit's batch recommend with 64 factors and 20 events each."""
    import implicit.als
    from scipy.sparse import csr_matrix

    rng = np.random.default_rng(1)
    model = implicit.als.AlternatingLeastSquares(factors=64, num_threads=1)
    model.item_factors = rng.standard_normal((items, 64)).astype(np.float32)
    model.user_factors = rng.standard_normal((count, 64)).astype(np.float32)
    columns = rng.integers(0, items, count * 20).astype(np.int32)
    seen = csr_matrix(
        (np.ones(count * 20, np.float32), columns, np.arange(0, count * 20 + 1, 20)), (count, items)
    )
    started = process_time()
    model.recommend(np.arange(count), seen, N=25)
    return {"score": (process_time() - started) / count}


def questions_of(users: list[str], count: int) -> list[bytes]:
    """Return so many lines, of evenly spread users, several times if there are fewer users."""
    step = max(1, len(users) // count)
    return [json.dumps({"userId": users[number * step % len(users)]}).encode() for number in range(count)]


def cases_of(folder: Path, items: int, users: int, count: int) -> dict[str, Callable[[], Stages]]:
    """Return what is measured: by name, a function that returns seconds a line."""
    write_bundle(folder / "blend", items, users)
    handler.bundle(folder / "encoder", items)
    made = clusters.add(folder / "encoder")
    read = "no clusters" if made is None else f"clusters, {made.share:.0%} read"
    print(f"{items:,} items, {count:,} users, {read}")
    blend, encoder = FakeStore(folder / "blend"), FakeStore(folder / "encoder")
    v1, v2 = "aws-user-personalization", "aws-user-personalization-v2"
    work = {
        "blend, user-personalization": job(blend, v1),
        "blend, v2": job(blend, v2),
        "blend, v2, third": job(blend, v2, THIRD),
        "blend, v2, unseen": job(blend, v2, handler.FILTERS["unseen"]),
        "encoder, v2": job(encoder, v2),
        "encoder, v2, tenth": job(encoder, v2, handler.FILTERS["tenth"]),
        "encoder, v2, unseen": job(encoder, v2, handler.FILTERS["unseen"]),
    }
    lines_of = {
        "blend": questions_of(blend.loaded.bundle.users.tolist(), count),
        "encoder": questions_of(encoder.loaded.bundle.users.tolist(), count),
    }
    cases: dict[str, Callable[[], Stages]] = {
        name: partial(seconds_a_line, one, lines_of[name.split(",")[0]]) for name, one in work.items()
    }
    for case in cases.values():  # the first answers open files and fill caches
        case()
    return {IMPLICIT: partial(seconds_of_implicit, items, count), **cases}


def main() -> None:
    """Parse the command line, measure, and print the result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, nargs="+", default=[10_000, 100_000])
    for name, default in (("users", 20_000), ("lines", 2000), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    for items in given.items:
        with tempfile.TemporaryDirectory() as scratch:
            cases = cases_of(Path(scratch), items, given.users, given.lines)
            rounds = [{name: case() for name, case in cases.items()} for _ in range(given.rounds)]
            heads = ("rate", "of implicit", "µs a line", *STAGES)
            print(f"  {'users per second and core':28}" + "".join(f"{head:>12}" for head in heads))
            for name in cases:
                whole = [sum(one[name].values()) for one in rounds]
                ratio = median(
                    sum(one[IMPLICIT].values()) / took for one, took in zip(rounds, whole, strict=True)
                )
                stages = [1e6 * median(one[name].get(stage, 0.0) for one in rounds) for stage in STAGES]
                figures = f"{1 / median(whole):12,.0f}{ratio:12.2f}{1e6 * median(whole):12,.0f}"
                print(f"  {name:28}{figures}" + "".join(f"{took:12.0f}" for took in stages))


if __name__ == "__main__":
    main()
