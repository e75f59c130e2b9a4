"""The batch machine: runs batch inference and batch segment jobs."""

from __future__ import annotations

from functools import partial

from aws_cdk import aws_stepfunctions as sfn

from infrastructure.workflows.declaration import WorkflowDeclaration, WorkflowResources
from infrastructure.workflows.flow import Workflow, is_true
from tastemaker.contracts.lake_layout import Area
from tastemaker.contracts.workflow_names import BATCH


def _define(flow: Workflow, uses: WorkflowResources) -> sfn.StateMachine:
    """The lines of the input are answered in shards, and collected into one output per input file."""
    start, function = flow.begin("Begin batch job"), uses.functions["batch"]
    each = partial(
        flow.each, lake=uses.lake, area=Area.BATCH, concurrency=uses.stage.functions.batch_concurrency
    )
    shards = each("Answer shards", "Answer shard", function, "answer", list_key="$.plan.shards")
    outputs = each("Collect outputs", "Collect output", function, "collect", list_key="$.plan.files")
    lists = each("Load lists", "Load list", function, "load", list_key="$.plan.shards")
    # The job is complete only when the lake has no data of users left from it. Served lists are in a table.
    clean_up = flow.clean_up(flow.step("Publish outputs", "succeed", result="$.counts"))
    # Outputs are written before the job may fail for want of answers: each line has its error there.
    count = flow.action("Count answers", function, "count", result_path="$.counts")
    start.next(flow.action("Plan shards", function, "plan")).next(shards).next(outputs).next(count).next(
        sfn.Choice(flow, "Are the lists served?")
        .when(is_true("$.plan.served"), lists.next(clean_up))
        .otherwise(clean_up)
    )
    return flow.finish(
        start, comment='Input: {"batchInferenceJobArn": "…"} or {"batchSegmentJobArn": "…"}', hours=24
    )


WORKFLOW = WorkflowDeclaration(name=BATCH, subject="Batch job", define=_define)
