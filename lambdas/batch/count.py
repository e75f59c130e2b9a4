"""Count the answered lines of a job, and fail a job of which no line was answered."""

import json

from lambdas.batch.answer import Counts
from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.lake_layout import BatchFolder
from tastemaker.contracts.plans import BatchPlan
from tastemaker.contracts.workflows import BatchResult
from tastemaker.failures import WorkFailedError


def write_count(lake: LakeBucket, plan: BatchPlan, part: str, counts: Counts) -> None:
    """Note how many lines of a shard were answered. `part` is the key of its answers."""
    lake.write(BatchFolder(plan["folder"]).count(part, *counts), "")


def count(lake: LakeBucket, plan: BatchPlan) -> BatchResult:
    """The lines of all shards. Raises WorkFailedError if there are none, or if none was answered."""
    folder = BatchFolder(plan["folder"])
    # A shard that was answered twice, the second time with other counts, counts as the last time by name.
    shards = {part: (lines, answered) for part, lines, answered in map(folder.counted, _marks(lake, folder))}
    lines = sum(found for found, _ in shards.values())
    answered = sum(found for _, found in shards.values())
    if not lines:
        raise WorkFailedError(f"There are no lines in {plan['input']}; a line is a JSON object.")
    if not answered:
        first = next(part for part, (found, _) in sorted(shards.items()) if found)
        raise WorkFailedError(f"0 of {lines} lines answered; the first error: {_first_error(lake, first)}")
    return {"lines": lines, "answered": answered}


def _marks(lake: LakeBucket, folder: BatchFolder) -> list[str]:
    return [key for key, _ in lake.objects(folder.counts)]


def _first_error(lake: LakeBucket, part: str) -> str:
    body = lake.client.get_object(Bucket=lake.bucket, Key=part)["Body"]
    return str(json.loads(next(body.iter_lines(1 << 16)))["error"])
