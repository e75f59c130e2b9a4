"""The cost of a job's generated texts, which is checked and shown before anything is spent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lambdas.batch.plan import input_files, sample_of
from lambdas.stores.lake import LakeBucket
from lambdas.support.observability import logger
from tastemaker.batch import shards
from tastemaker.batch.messages import largest_cost
from tastemaker.contracts.job_folders import BatchFolder
from tastemaker.contracts.plans import BatchPlan
from tastemaker.contracts.text_models import TextGeneration
from tastemaker.failures import WorkFailedError
from tastemaker.files import Source
from tastemaker.generation.patience import Spending


def check_budget(source: Source, plan: BatchPlan, settings: TextGeneration) -> float:
    """Return the most that the texts of a job can cost, in US dollars.

    The lines are estimated from the size of the input. Raises WorkFailedError if the cost can exceed the
    ceiling of the stage.
    """
    config = plan.get("messages", {})
    text_type = "THEME" if "themes" in plan else config["messageType"]
    lines = 0.0
    for _, file in input_files(source, plan["input"], plan["output"]):
        lines += file.size / shards.bytes_per_text(sample_of(source, file))
    cost = largest_cost(settings, text_type, lines, config.get("maxLength") or 0)
    logger.info(
        "texts planned",
        extra={
            "texts": round(lines),
            "model": settings.model or "template",
            "largestCostUsd": round(cost, 4),
        },
    )
    if cost > settings.ceiling_usd and not config.get("dryRun"):
        raise WorkFailedError(
            f"About {lines:,.0f} texts by {settings.model} can cost up to {cost:,.2f} USD, and the ceiling "
            f"is {settings.ceiling_usd} USD. Nothing was spent. Raise generation.ceilingUsd of the stage, "
            "use a cheaper generation.model, or divide the input among several jobs."
        )
    return cost


@contextmanager
def limited_spending(
    lake: LakeBucket, plan: BatchPlan, entry: Mapping[str, Any], spending: Spending
) -> Iterator[None]:
    """Let a shard spend its share of the job's ceiling, all its attempts together.

    An attempt that dies has no chance to say what it has spent, so it notes what it may spend beforehand, a
    part of the share at a time. `entry` is an element of shards.json.
    """
    key = BatchFolder(plan["folder"]).spent(entry["part"])
    before = next((float(lake.read(found)) for found, _ in lake.objects(key)), 0.0)
    spending.ceiling = max(entry["ceilingUsd"] - before, 0.0)
    spending.on_reserve = lambda reserved: lake.write(key, str(before + reserved))
    try:
        yield
    finally:
        if spending.reserved:
            lake.write(key, str(before + spending.counted))
