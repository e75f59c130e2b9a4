"""The cost of a job's generated texts, which is checked and shown before anything is spent."""

from __future__ import annotations

from lambdas.batch.plan import SAMPLE_BYTES, input_files
from lambdas.support.observability import logger
from tastemaker.batch import shards
from tastemaker.batch.messages import largest_cost
from tastemaker.contracts.plans import BatchPlan
from tastemaker.contracts.text_models import TextGeneration
from tastemaker.failures import WorkFailedError
from tastemaker.files import Source


def check_budget(source: Source, plan: BatchPlan, settings: TextGeneration) -> float:
    """Return the most that the texts of a job can cost, in US dollars.

    The lines are estimated from the size of the input. Raises WorkFailedError if the cost can exceed the
    ceiling of the stage.
    """
    text_type = "THEME" if "themes" in plan else plan["messages"]["messageType"]
    lines = 0.0
    for _, file in input_files(source, plan["input"], plan["output"]):
        with source.open(file) as stream:
            sample = stream.read(min(SAMPLE_BYTES, file.size)) or b""
        lines += file.size / _bytes_per_text(sample)
    cost = largest_cost(settings, text_type, lines)
    logger.info(
        "texts planned",
        extra={
            "texts": round(lines),
            "model": settings.model or "template",
            "largestCostUsd": round(cost, 4),
        },
    )
    if cost > settings.ceiling_usd and not plan.get("messages", {}).get("dryRun"):
        raise WorkFailedError(
            f"About {lines:,.0f} texts by {settings.model} can cost up to {cost:,.2f} USD, and the ceiling "
            f"is {settings.ceiling_usd} USD. Nothing was spent. Raise generation.ceilingUsd of the stage, "
            "use a cheaper generation.model, or divide the input among several jobs."
        )
    return cost


def _bytes_per_text(sample: bytes) -> float:
    """The mean length of what gets one text: a line, or a user in the output of a segment job."""
    if b'"usersList"' in sample:
        return len(sample) / max(sample.count(b'"') / 2, 1)
    return shards.bytes_per_line(sample)
