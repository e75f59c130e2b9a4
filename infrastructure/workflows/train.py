"""The train machine: a training job over a snapshot of the data, and the registration of its model."""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn

from infrastructure.workflows.declaration import WorkflowDeclaration, WorkflowResources
from infrastructure.workflows.flow import Workflow, is_true
from infrastructure.workflows.training_job import limit_logs, training_job
from tastemaker.contracts.workflow_names import TRAIN


def _define(flow: Workflow, uses: WorkflowResources) -> sfn.StateMachine:
    start, spark = flow.begin("Begin training"), uses.spark
    job = flow.catch(training_job(flow, uses.training))
    register = flow.step("Register model", "succeed", result="$.result")
    job.next(limit_logs(flow, uses.stage.log_retention_days, register))
    first: sfn.IChainable = job
    hours = uses.training.seconds // 3600 + 2
    if spark is not None:
        prepare = spark.task(flow, "Prepare events on Spark", "prepare", plan="$.plan", arguments=[])
        prepare.next(flow.step("Read prepared events", "outcome")).next(job)
        too_large = sfn.Choice(flow, "Is it too large for one machine?")
        first = too_large.when(is_true("$.plan.distributed"), prepare).otherwise(job)
        hours += spark.hours + 1
    start.next(
        sfn.Choice(flow, "Is there something to train?")
        .when(is_true("$.plan.skip"), sfn.Succeed(flow, "Nothing to train"))
        .otherwise(first)
    )
    return flow.finish(
        start,
        comment='Input: {"solutionVersionArn": "…"}, or {"solutionArn": "…"} to train a new version',
        hours=hours,
    )


WORKFLOW = WorkflowDeclaration(name=TRAIN, subject="Training", define=_define)
