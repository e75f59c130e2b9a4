"""The delete machine: the data of a resource is deleted, and then its record."""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn

from infrastructure.workflows.declaration import WorkflowDeclaration, WorkflowResources
from infrastructure.workflows.flow import Workflow
from tastemaker.contracts.workflow_names import DELETE


def _define(flow: Workflow, _: WorkflowResources) -> sfn.StateMachine:
    start = flow.begin("Begin deletion")
    purge = flow.step("Purge data", "purge", result_path="$.result")
    flow.while_more(purge, question="Is there more to purge?", then=flow.step("Remove record", "remove"))
    start.next(purge)
    return flow.finish(start, comment='Input: {"arn": "…"}', hours=24)


WORKFLOW = WorkflowDeclaration(name=DELETE, subject="Deletion", define=_define)
