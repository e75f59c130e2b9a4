"""The deploy machine: the runtime function loads a model, and then the campaign or recommender serves it."""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn

from infrastructure.workflows.declaration import WorkflowDeclaration, WorkflowResources
from infrastructure.workflows.flow import Workflow
from tastemaker.contracts.workflow_names import DEPLOY


def _define(flow: Workflow, _: WorkflowResources) -> sfn.StateMachine:
    start = flow.begin("Begin deployment")
    start.next(flow.step("Warm model", "warm", result_path="$.result")).next(
        flow.step("Activate", "succeed", result="$.result")
    )
    return flow.finish(start, comment='Input: {"campaignArn": "…"} or {"recommenderArn": "…"}', hours=1)


WORKFLOW = WorkflowDeclaration(name=DEPLOY, subject="Deployment", define=_define)
