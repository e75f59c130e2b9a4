"""The attribution machine: reports the metrics of a metric attribution since the last report."""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn

from infrastructure.workflows.declaration import WorkflowDeclaration, WorkflowResources
from infrastructure.workflows.flow import Workflow
from tastemaker.contracts.workflow_names import ATTRIBUTION


def _define(flow: Workflow, uses: WorkflowResources) -> sfn.StateMachine:
    start = flow.begin("Begin report")
    start.next(flow.work("Report metrics", uses.functions["attribution"])).next(
        flow.step("Complete report", "succeed", result="$.result")
    )
    return flow.finish(start, comment='Input: {"metricAttributionArn": "…"}', hours=1)


WORKFLOW = WorkflowDeclaration(name=ATTRIBUTION, subject="Report", define=_define)
