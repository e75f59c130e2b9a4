"""The machine of batch inference and batch segment jobs."""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn

from infrastructure.data.lake import Lake
from infrastructure.workflows.flow import Workflow, is_true


def answer(flow: Workflow, batch: lambda_.Function, *, lake: Lake, concurrency: int) -> sfn.StateMachine:
    """The input's lines in shards, answered side by side and collected into one output a file; and kept in a
    table, if the job wants them served."""
    start = flow.begin("Begin batch job")
    shards = flow.each(
        "Answer shards",
        "Answer shard",
        batch,
        "answer",
        lake=lake,
        listed_in="batch",
        listed_at="$.plan.shards",
        concurrency=concurrency,
    )
    outputs = flow.each(
        "Collect outputs",
        "Collect output",
        batch,
        "collect",
        lake=lake,
        listed_in="batch",
        listed_at="$.plan.files",
        concurrency=concurrency,
    )
    lists = flow.each(
        "Load lists",
        "Load list",
        batch,
        "load",
        lake=lake,
        listed_in="batch",
        listed_at="$.plan.shards",
        concurrency=concurrency,
    )
    # The job is done only when nothing about users is left of its work but what is served.
    clear = flow.clear_away(flow.step("Publish outputs", "succeed"))
    start.next(flow.action("Plan shards", batch, "plan")).next(shards).next(outputs).next(
        sfn.Choice(flow, "Are lists to be served?")
        .when(is_true("$.plan.served"), lists.next(clear))
        .otherwise(clear)
    )
    return flow.finish(
        start, comment='Input: {"batchInferenceJobArn": "…"} or {"batchSegmentJobArn": "…"}', hours=24
    )
