"""The refresh machine: new items and counts become part of a model that is being served."""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn

from infrastructure.workflows.declaration import WorkflowDeclaration, WorkflowResources
from infrastructure.workflows.flow import Workflow, is_true
from tastemaker.contracts.workflow_names import REFRESH


def _define(flow: Workflow, uses: WorkflowResources) -> sfn.StateMachine:
    """The runtime function loads the refreshed model before it is published."""
    start = flow.begin("Begin refresh")
    nothing = sfn.Succeed(flow, "Nothing to refresh")
    collect = flow.work("Collect new data", uses.functions["refreshing"])
    warm = flow.step("Warm model", "warm", result_path="$.result")
    start.next(
        sfn.Choice(flow, "Is there a model to refresh?")
        .when(is_true("$.plan.skip"), nothing)
        .otherwise(collect)
    )
    collect.next(
        sfn.Choice(flow, "Is there new data?").when(is_true("$.result.skip"), nothing).otherwise(warm)
    )
    warm.next(flow.step("Publish refresh", "succeed", result="$.result")).next(
        flow.clean_up(sfn.Succeed(flow, "Refreshed"))
    )
    return flow.finish(start, comment='Input: {"campaignArn": "…"} or {"recommenderArn": "…"}', hours=2)


WORKFLOW = WorkflowDeclaration(name=REFRESH, subject="Refresh", define=_define)
