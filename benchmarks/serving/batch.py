"""Users per second and core of a batch inference job, beside implicit's recommend on the same catalog.

    python -m benchmarks.serving.batch [--items 100000] [--users 100000] [--lines 2000]

The bundle is the one of benchmarks.serving.coldstart, a sequence model without an encoder. For each line, 20
events are merged, the whole catalog is scored, the best 25 items get a softmax over all scores, and a line of
JSON is written. Stores are fakes, so that no network is measured. implicit gets 64 random factors, leaves out
known items, and answers all users in one call, which is its fastest way. The unit is CPU seconds; run it with
OPENBLAS_NUM_THREADS=1.
"""

import argparse
import json
import tempfile
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from benchmarks.serving.coldstart import GROUP as DATASET_GROUP
from benchmarks.serving.coldstart import PREFIX, write_bundle
from lambdas.batch.answer import GROUP
from tastemaker.batch import lines
from tastemaker.batch.inference import InferenceJob
from tastemaker.contracts.plans import BatchPlan
from tastemaker.control.core.records import MemoryRepository, Record
from tastemaker.serving.endpoints import RecordCache
from tastemaker.serving.loaded import LoadedBundle
from tastemaker.serving.ports import Bundles
from tastemaker.serving.runtime import Runtime

FILTER = f"{PREFIX}filter/f"


class FakeStore(Bundles):
    """One bundle, and no live events."""

    def __init__(self, folder: Path) -> None:
        self.loaded = LoadedBundle.open(folder)

    def get(self, uri: str) -> LoadedBundle:
        return self.loaded

    def newest(self, event_group: str, user: str, limit: int = 200) -> list:
        return []


def job(store: FakeStore, recipe: str, *, filtered: bool = False) -> InferenceJob:
    """Return a job on the bundle, optionally with a filter that keeps a third of the items."""
    repository = MemoryRepository()
    body: dict[str, Any] = {"status": "ACTIVE", "datasetGroupArn": DATASET_GROUP}
    body["filterExpression"] = "INCLUDE ItemID WHERE Items.PRICE < 10"
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
        "filterArn": FILTER if filtered else None,
        "numResults": 25,
        "config": {},
    }
    return InferenceJob.from_plan(plan, runtime)


def per_second(work: InferenceJob, questions: list[bytes]) -> float:
    """Return the answered lines per CPU second, in groups as a batch job answers them."""
    work.answer(lines.read(questions[0])[1] or {})
    started = process_time()
    for start in range(0, len(questions), GROUP):
        read = [lines.read(line) for line in questions[start : start + GROUP]]
        work.score_together([question for _, question, _ in read if question])
        for echo, question, error in read:
            lines.write(echo, work.answer(question or {}), error)
    return len(questions) / (process_time() - started)


def implicit_per_second(items: int, users: int, count: int) -> float:
    """Return the users per CPU second of implicit's batch recommend with 64 factors and 20 events each."""
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
    return count / (process_time() - started)


def main() -> None:
    """Parse the command line, measure, and print the result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (("items", 100_000), ("users", 100_000), ("lines", 2000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "bundle"
        write_bundle(folder, given.items, given.users)
        store = FakeStore(folder)
        step = max(1, given.users // given.lines)
        questions = [
            json.dumps({"userId": f"user-{number:08}"}).encode() for number in range(0, given.users, step)
        ]
        rates = {
            "user-personalization": per_second(job(store, "aws-user-personalization"), questions),
            "user-personalization-v2": per_second(job(store, "aws-user-personalization-v2"), questions),
            "the same, filtered": per_second(
                job(store, "aws-user-personalization-v2", filtered=True), questions
            ),
            "implicit, ALS of 64 factors": implicit_per_second(given.items, given.users, len(questions)),
        }
    print(f"{given.items:,} items, {len(questions):,} users; users per second and core")
    for name, rate in rates.items():
        print(f"  {name:30} {rate:10,.0f}")


if __name__ == "__main__":
    main()
