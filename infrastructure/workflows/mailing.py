"""The mailing machine: finds users, writes their messages, and leaves files for e-mail tools.

A person starts it in the console. It has no record: its result is its output, or its error.
"""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn

from infrastructure.workflows.declaration import WorkflowDeclaration, WorkflowResources
from infrastructure.workflows.flow import Workflow, is_true
from tastemaker.contracts.workflow_names import MAILING

INPUT = (
    'Input: {"name": "…", "roleArn": "…", "output": "s3://…", "segment": {…} or "users": "s3://…", '
    '"solutionVersionArn": "…", "dryRun": true}'
)

HOURS = 49
"""Longer than both jobs may take."""


def _define(flow: Workflow, uses: WorkflowResources) -> sfn.StateMachine:
    ready = sfn.Pass(flow, "Mailing is ready", output_path="$.messages.report")
    messages = _job(flow, uses, "Write messages", "messages", "Are the messages written?", then=ready)
    segment = _job(flow, uses, "Find users", "segment", "Are the users found?", then=messages)
    check = _call(flow, uses, "Check mailing", "check", "$.plan")
    question = sfn.Choice(flow, "Is there a segment?").when(is_true("$.plan.segment"), segment)
    check.next(question.otherwise(messages))
    return flow.finish(check, comment=INPUT, hours=HOURS)


def _call(flow: Workflow, uses: WorkflowResources, title: str, job: str, path: str) -> sfn.TaskStateBase:
    payload = {
        "action": "mail",
        "job": job,
        "input": sfn.JsonPath.object_at("$$.Execution.Input"),
        "startedAt": sfn.JsonPath.string_at("$$.Execution.StartTime"),
    }
    return flow.call(title, uses.functions["declaring"], payload, result_path=path)


def _job(
    flow: Workflow, uses: WorkflowResources, title: str, job: str, question: str, *, then: sfn.IChainable
) -> sfn.TaskStateBase:
    """A job that is created, and looked at again until it is done."""
    step = _call(flow, uses, title, job, f"$.{job}")
    pause = sfn.Wait(flow, f"Wait: {title.lower()}", time=sfn.WaitTime.seconds_path(f"$.{job}.seconds"))
    step.next(sfn.Choice(flow, question).when(is_true(f"$.{job}.done"), then).otherwise(pause))
    pause.next(step)
    return step


WORKFLOW = WorkflowDeclaration(name=MAILING, subject="Mailing", define=_define)
