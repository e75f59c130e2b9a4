"""A state machine under construction: what all machines share.

Each machine can be started by hand with a small input, and reads like a sentence in the console. All keep
to one convention: the execution's input stays at `$`, what Begin answered is at `$.plan`, what the work
answered at `$.result`, and an error that was caught at `$.error`. Whatever fails ends in the step that
writes the reason on the record, and then in a failed execution.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infrastructure.data.lake import Lake
from infrastructure.logs import log_group
from infrastructure.permissions import accept, allow, plain
from infrastructure.stage import Stage
from tastemaker.contracts.workflow_names import WORKFLOWS

# Errors of the service around a function, not of the function: worth another attempt.
LAMBDA_HICCUPS = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]


class Workflow(Construct):
    """One state machine under construction: its states share a failure path. `finish` makes the machine."""

    def __init__(
        self, scope: Construct, name: str, *, stage: Stage, noun: str, steps: lambda_.Function
    ) -> None:
        super().__init__(scope, WORKFLOWS[name].title)
        self._name, self._stage, self._steps = name, stage, steps
        self._machine_name = f"{stage.stack_name}-{name}"
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            description=f"What the {name} state machine may do",
        )
        self._failed = self._invoke(
            f"{noun} failed",
            steps,
            self._payload(
                "fail", plan=sfn.JsonPath.object_at("$.plan"), error=sfn.JsonPath.object_at("$.error")
            ),
            result_path=sfn.JsonPath.DISCARD,
        )
        self._failed.next(
            sfn.Fail(self, "End with the reason", error_path="$.error.Error", cause_path="$.error.Cause")
        )
        self._not_begun = sfn.Pass(
            self,
            f"{noun} did not begin",
            comment="There is no plan yet; the failure step finds an empty one.",
            result=sfn.Result.from_object({}),
            result_path="$.plan",
        )
        self._not_begun.next(self._failed)

    def begin(self, title: str) -> sfn.TaskStateBase:
        """The first step: checks, marks the record as in progress, and answers with the plan."""
        state = self._invoke(title, self._steps, self._payload("begin"), result_path="$.plan")
        return state.add_catch(self._not_begun, errors=["States.ALL"], result_path="$.error")

    def step(
        self, title: str, action: str, *, result_path: str | None = None, **payload: str
    ) -> sfn.TaskStateBase:
        """A step of the steps function; `payload` names JSON paths, the plan is always sent."""
        paths = {name: sfn.JsonPath.object_at(path) for name, path in {"plan": "$.plan", **payload}.items()}
        state = self._invoke(
            title,
            self._steps,
            self._payload(action, **paths),
            result_path=result_path or sfn.JsonPath.DISCARD,
        )
        return self.catch(state)

    def work(self, title: str, function: lambda_.Function) -> sfn.TaskStateBase:
        """Work of another function: it gets the plan and answers with the result."""
        return self.catch(self._invoke(title, function, None, input_path="$.plan", result_path="$.result"))

    def action(
        self, title: str, function: lambda_.Function, action: str, *, result_path: str = sfn.JsonPath.DISCARD
    ) -> sfn.TaskStateBase:
        """Work of a function that has several steps: it gets the plan and what to do."""
        payload = sfn.TaskInput.from_object({"action": action, "plan": sfn.JsonPath.object_at("$.plan")})
        return self.catch(self._invoke(title, function, payload, result_path=result_path))

    def each(
        self,
        title: str,
        one: str,
        function: lambda_.Function,
        action: str,
        *,
        lake: Lake,
        listed_in: str,
        listed_at: str,
        concurrency: int,
        result_path: str = sfn.JsonPath.DISCARD,
    ) -> sfn.CustomState:
        """Work of a function on each element of a JSON list in the lake, whose key stands at `listed_at`.

        Executions of their own, so that their number has no limit; `one` is the name of their only state.
        What each answers must be small, a number for example: all answers together are one state's output.
        """
        assert function.timeout is not None
        stack = cdk.Stack.of(self)
        me, mine = (
            stack.format_arn(
                service="states",
                resource=resource,
                resource_name=name,
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            )
            for resource, name in (
                ("stateMachine", self._machine_name),
                ("execution", f"{self._machine_name}:*"),
            )
        )
        allow(self.role, ["states:StartExecution"], [me])
        allow(
            self.role,
            ["states:DescribeExecution", "states:StopExecution"],
            [mine],
            because="the executions of a map have names that Step Functions gives",
        )
        allow(
            self.role,
            ["s3:GetObject"],
            [lake.objects(f"groups/*/{listed_in}/*")],
            because="lists of work lie below the dataset group's folder",
        )
        retry = {"IntervalSeconds": 2, "BackoffRate": 2, "JitterStrategy": "FULL"}
        work = {
            "Type": "Task",
            "Resource": function.function_arn,
            "TimeoutSeconds": function.timeout.to_seconds() + 30,
            "Retry": [
                {"ErrorEquals": LAMBDA_HICCUPS, "MaxAttempts": 8, **retry},
                # A shard may be answered again; a person's mistake stays one after the second try.
                {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 1, **retry},
            ],
            "End": True,
        }
        state = sfn.CustomState(
            self,
            title,
            state_json={
                "Type": "Map",
                "ItemReader": {
                    "Resource": f"arn:{stack.partition}:states:::s3:getObject",
                    "ReaderConfig": {"InputType": "JSON"},
                    "Parameters": {"Bucket": lake.bucket.bucket_name, "Key.$": listed_at},
                },
                "ItemSelector": {
                    "action": action,
                    "plan.$": "$.plan",
                    "item.$": "$$.Map.Item.Value",
                },
                "MaxConcurrency": concurrency,
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": one,
                    "States": {one: work},
                },
                "ResultPath": result_path,
            },
        )
        return self.catch(state)

    def catch(self, state: Any) -> Any:
        """Let any error of `state` end in the failure step."""
        return state.add_catch(self._failed, errors=["States.ALL"], result_path="$.error")

    def while_more(self, state: sfn.TaskStateBase, *, question: str, then: sfn.IChainable) -> None:
        """Repeat `state` as long as its result says that there is `more`, `then` go on."""
        state.next(sfn.Choice(self, question).when(is_true("$.result.more"), state).otherwise(then))

    def clear_away(self, then: sfn.IChainable) -> sfn.TaskStateBase:
        """Purge what the plan names as passing, then go on."""
        clear = self.step("Clear away", "purge", result_path="$.result")
        self.while_more(clear, question="Is there more to clear?", then=then)
        return clear

    def finish(self, start: sfn.State, *, comment: str, hours: int) -> sfn.StateMachine:
        """The machine, logged and traced; it is stopped after so many `hours` whatever happens."""
        name = self._machine_name
        accept(
            self.role, "IAM5[Resource::*]", "the actions for traces and for delivering logs know no resources"
        )
        return sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=name,
            comment=comment,
            definition_body=sfn.DefinitionBody.from_chainable(start),
            role=self.role,
            timeout=cdk.Duration.hours(hours),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                # Log groups of this prefix do not count against the size of the account's log policy.
                destination=log_group(self, "Log", f"/aws/vendedlogs/states/{name}", stage=self._stage),
                level=sfn.LogLevel.ALL,
                include_execution_data=True,
            ),
        )

    def _payload(self, action: str, **members: Any) -> sfn.TaskInput:
        return sfn.TaskInput.from_object(
            {
                "action": action,
                "workflow": self._name,
                "executionArn": sfn.JsonPath.string_at("$$.Execution.Id"),
                "input": sfn.JsonPath.object_at("$$.Execution.Input"),
                **members,
            }
        )

    def _invoke(
        self,
        title: str,
        function: lambda_.Function,
        payload: sfn.TaskInput | None,
        *,
        result_path: str,
        input_path: str | None = None,
    ) -> tasks.LambdaInvoke:
        versions = plain(self)(f"{function.function_arn}:*")
        accept(
            self.role, f"IAM5[Resource::{versions}]", "the versions of a function that the machine invokes"
        )
        timeout = function.timeout
        assert timeout is not None
        state = tasks.LambdaInvoke(
            self,
            title,
            lambda_function=function,
            payload=payload,
            input_path=input_path,
            payload_response_only=True,
            result_path=result_path,
            retry_on_service_exceptions=False,
            task_timeout=sfn.Timeout.duration(timeout.plus(cdk.Duration.seconds(30))),
        )
        state.add_retry(
            errors=LAMBDA_HICCUPS,
            interval=cdk.Duration.seconds(2),
            backoff_rate=2,
            max_attempts=5,
            jitter_strategy=sfn.JitterType.FULL,
        )
        return state


def is_true(path: str) -> sfn.Condition:
    """Whether there is a true value at `path`; what is absent is not true."""
    return sfn.Condition.and_(sfn.Condition.is_present(path), sfn.Condition.boolean_equals(path, True))
