"""Count the answered lines of a job, and fail a job of which no line was answered."""

import json
from collections.abc import Iterator

from lambdas.batch.answer import Counts
from lambdas.stores.lake import LakeBucket
from tastemaker.batch.delivery import WITHHELD
from tastemaker.contracts.job_folders import BatchFolder
from tastemaker.contracts.plans import BatchPlan
from tastemaker.contracts.workflows import BatchResult
from tastemaker.failures import WorkFailedError


def write_count(lake: LakeBucket, plan: BatchPlan, part: str, counts: Counts) -> None:
    """Note how many lines of a shard were answered. `part` is the key of its answers."""
    lake.write(BatchFolder(plan["folder"]).count(part, *counts), "")


def count(lake: LakeBucket, plan: BatchPlan) -> BatchResult:
    """The lines of all shards. Raises WorkFailedError if there are none, or if none was answered.

    A job of which every message was withheld has done its work: everybody has unsubscribed, or had enough.
    """
    folder = BatchFolder(plan["folder"])
    # A shard that was answered twice, the second time with other counts, counts as the last time by name.
    shards = {part: (lines, answered) for part, lines, answered in map(folder.counted, _marks(lake, folder))}
    lines = sum(found for found, _ in shards.values())
    answered = sum(found for _, found in shards.values())
    if not lines:
        raise WorkFailedError(f"There are no lines in {plan['input']}; a line is a JSON object.")
    if not answered:
        errors = (error for part, _ in sorted(shards.items()) for error in _errors(lake, part))
        wrong = (error for error in errors if "messages" not in plan or not error.startswith(WITHHELD))
        if (first := next(wrong, None)) is not None:
            raise WorkFailedError(f"0 of {lines} lines answered; the first error: {first}")
    return {"lines": lines, "answered": answered}


def _marks(lake: LakeBucket, folder: BatchFolder) -> list[str]:
    return [key for key, _ in lake.objects(folder.counts)]


def _errors(lake: LakeBucket, part: str) -> Iterator[str]:
    body = lake.client.get_object(Bucket=lake.bucket, Key=part)["Body"]
    return (str(json.loads(line)["error"]) for line in body.iter_lines(1 << 16))
