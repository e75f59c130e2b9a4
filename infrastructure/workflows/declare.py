"""The declare machine: repeats a step of a custom resource until CloudFormation has its answer."""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn

from infrastructure.workflows.declaration import WorkflowDeclaration, WorkflowResources
from infrastructure.workflows.flow import Workflow, is_true
from tastemaker.contracts.workflow_names import DECLARE


def _define(flow: Workflow, uses: WorkflowResources) -> sfn.StateMachine:
    declaring = uses.functions["declaring"]
    request = {
        "input": sfn.JsonPath.object_at("$$.Execution.Input"),
        "startedAt": sfn.JsonPath.string_at("$$.Execution.StartTime"),
    }
    step = flow.call("Change resource", declaring, {"action": "step", **request}, result_path="$.result")
    failed = flow.call(
        "Answer with the failure",
        declaring,
        {"action": "fail", **request, "error": sfn.JsonPath.object_at("$.error")},
        result_path=sfn.JsonPath.DISCARD,
    )
    step.add_catch(failed, errors=["States.ALL"], result_path="$.error")
    failed.next(
        sfn.Fail(flow, "The function has failed", error_path="$.error.Error", cause_path="$.error.Cause")
    )
    pause = sfn.Wait(flow, "Wait for the resource", time=sfn.WaitTime.seconds_path("$.result.seconds"))
    answered = sfn.Succeed(flow, "CloudFormation has its answer")
    question = sfn.Choice(flow, "Is the request answered?").when(is_true("$.result.done"), answered)
    step.next(question.otherwise(pause))
    pause.next(step)
    # CloudFormation waits for an hour. A step answers long before; what is left then would be lost anyway.
    # Properties of a user's stack may be secret, so they are not logged.
    return flow.finish(
        step, comment="Input: a request of CloudFormation about a custom resource", hours=2, log_data=False
    )


WORKFLOW = WorkflowDeclaration(name=DECLARE, subject="Declaration", define=_define)
