"""The export machine: the rows of a dataset go to the caller's bucket."""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn

from infrastructure.workflows.declaration import WorkflowDeclaration, WorkflowResources
from infrastructure.workflows.flow import Workflow
from tastemaker.contracts.workflow_names import EXPORT


def _define(flow: Workflow, uses: WorkflowResources) -> sfn.StateMachine:
    start = flow.begin("Begin export")
    start.next(flow.work("Export data", uses.functions["exporting"])).next(
        flow.step("Publish export", "succeed", result="$.result")
    )
    return flow.finish(start, comment='Input: {"datasetExportJobArn": "…"}', hours=1)


WORKFLOW = WorkflowDeclaration(name=EXPORT, subject="Export", define=_define)
