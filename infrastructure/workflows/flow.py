"""The builder of a state machine: what all machines share.

A person can start each machine by hand with a small input, and its states read like a sentence in the
console. All machines use the same paths: the execution's input stays at `$`, the plan that the first step
returns is at `$.plan`, the result of the work is at `$.result`, and a caught error is at `$.error`. Every
failure goes to the step that writes the reason on the record, and then ends the execution as failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infrastructure.data.lake import Lake
from infrastructure.logs import log_group
from infrastructure.permissions import accept, plain
from infrastructure.stage import Stage
from infrastructure.workflows.distributed_map import allow_distributed_map, distributed_map
from infrastructure.workflows.invoke import invoke
from tastemaker.contracts.lake_layout import Area, patterns
from tastemaker.contracts.workflow_names import WORKFLOWS, machine_name

State = TypeVar("State", sfn.TaskStateBase, sfn.CustomState, tasks.LambdaInvoke)


class Workflow(Construct):
    """One state machine that is being built. Its states share a failure path; `finish` makes the machine."""

    def __init__(
        self, scope: Construct, name: str, *, stage: Stage, subject: str, steps: lambda_.Function
    ) -> None:
        super().__init__(scope, WORKFLOWS[name].title)
        self._name, self._stage, self._steps = name, stage, steps
        self._machine_name = machine_name(stage.stack_name, name)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
            ),
            description=f"What the {name} state machine may do",
        )
        self.failed = self._invoke(
            f"{subject} failed",
            steps,
            self._payload(
                "fail", plan=sfn.JsonPath.object_at("$.plan"), error=sfn.JsonPath.object_at("$.error")
            ),
            result_path=sfn.JsonPath.DISCARD,
        )
        self.failed.next(
            sfn.Fail(self, "End with the reason", error_path="$.error.Error", cause_path="$.error.Cause")
        )
        self._not_started = sfn.Pass(
            self,
            f"{subject} did not start",
            comment="There is no plan yet. The failure step receives an empty one.",
            result=sfn.Result.from_object({}),
            result_path="$.plan",
        )
        self._not_started.next(self.failed)

    def begin(self, title: str) -> sfn.TaskStateBase:
        """The first step: checks the input, marks the record as in progress, and returns the plan."""
        state = self._invoke(title, self._steps, self._payload("begin"), result_path="$.plan")
        state.add_catch(self._not_started, errors=["States.ALL"], result_path="$.error")
        return state

    def step(
        self, title: str, action: str, *, result_path: str | None = None, **payload: str
    ) -> sfn.TaskStateBase:
        """A step of the steps function. `payload` has JSON paths; the plan is always sent."""
        paths = {name: sfn.JsonPath.object_at(path) for name, path in {"plan": "$.plan", **payload}.items()}
        state = self._invoke(
            title,
            self._steps,
            self._payload(action, **paths),
            result_path=result_path or sfn.JsonPath.DISCARD,
        )
        return self.catch(state)

    def work(self, title: str, function: lambda_.Function) -> sfn.TaskStateBase:
        """The work of another function, which receives the plan and returns the result."""
        return self.catch(self._invoke(title, function, None, input_path="$.plan", result_path="$.result"))

    def call(
        self, title: str, function: lambda_.Function, payload: Mapping[str, Any], *, result_path: str
    ) -> tasks.LambdaInvoke:
        """A call of a function with a payload of its own, for a workflow without a plan.

        The caller catches its errors.
        """
        task_input = sfn.TaskInput.from_object(dict(payload))
        return self._invoke(title, function, task_input, result_path=result_path)

    def action(
        self, title: str, function: lambda_.Function, action: str, *, result_path: str = sfn.JsonPath.DISCARD
    ) -> sfn.TaskStateBase:
        """One of several actions of a function, which receives the action's name and the plan."""
        payload = sfn.TaskInput.from_object({"action": action, "plan": sfn.JsonPath.object_at("$.plan")})
        return self.catch(self._invoke(title, function, payload, result_path=result_path))

    def each(
        self,
        title: str,
        item_title: str,
        function: lambda_.Function,
        action: str,
        *,
        lake: Lake,
        area: Area,
        list_key: str,
        concurrency: int,
        result_path: str = sfn.JsonPath.DISCARD,
    ) -> sfn.CustomState:
        """An action of a function on each element of a JSON list in the lake.

        The list is in `area` of a dataset group, at the key that the JSON path `list_key` points to. Each
        element has a child execution. The results must be small, a number for example, and the list at most
        20,000 elements long: together the results are the output of one state, which has at most 262,144
        bytes, also if `result_path` discards them (aws-cdk issue 24799).
        """
        allow_distributed_map(self.role, self._machine_name, lists=lake.objects(patterns(area)[0]))
        state = distributed_map(
            self,
            title,
            item_title,
            function,
            action,
            lake=lake,
            list_key=list_key,
            concurrency=concurrency,
            result_path=result_path,
        )
        return self.catch(state)

    def catch(self, state: State) -> State:
        """Send every error of `state` to the failure step."""
        state.add_catch(self.failed, errors=["States.ALL"], result_path="$.error")
        return state

    def while_more(self, state: sfn.TaskStateBase, *, question: str, then: sfn.IChainable) -> None:
        """Repeat `state` while its result says that there is `more`, then go on with `then`."""
        state.next(sfn.Choice(self, question).when(is_true("$.result.more"), state).otherwise(then))

    def clean_up(self, then: sfn.IChainable) -> sfn.TaskStateBase:
        """Delete the temporary data that the plan names, then go on with `then`."""
        state = self.step("Clean up", "purge", result_path="$.result")
        self.while_more(state, question="Is there more to clean up?", then=then)
        return state

    def finish(
        self, start: sfn.State, *, comment: str, hours: int, log_data: bool = True
    ) -> sfn.StateMachine:
        """The machine with its log. An execution is stopped after `hours`.

        Without `log_data` the log has no inputs and outputs, even at the level DEBUG.
        """
        accept(
            self.role,
            "IAM5[Resource::*]",
            "the actions for traces and for the delivery of logs do not support resources",
        )
        machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=self._machine_name,
            comment=comment,
            definition_body=sfn.DefinitionBody.from_chainable(start),
            role=self.role,
            timeout=cdk.Duration.hours(hours),
            tracing_enabled=self._stage.monitoring.tracing,
            logs=sfn.LogOptions(
                # Log groups with this prefix do not count against the size of the account's log policy.
                destination=log_group(
                    self, "Log", f"/aws/vendedlogs/states/{self._machine_name}", stage=self._stage
                ),
                level=sfn.LogLevel.ALL,
                # Plans and results name files, and the reason of a failure may repeat a value of a row.
                include_execution_data=log_data and self._stage.log_level == "DEBUG",
            ),
        )
        if not self._stage.monitoring.tracing:
            accept(machine, "SF2", "the history of an execution shows each state, at no cost")
        return machine

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
        self, title: str, function: lambda_.Function, payload: sfn.TaskInput | None, **paths: str
    ) -> tasks.LambdaInvoke:
        versions = plain(self)(f"{function.function_arn}:*")
        accept(self.role, f"IAM5[Resource::{versions}]", "the machine may invoke any version of the function")
        return invoke(self, title, function, payload, **paths)


def is_true(path: str) -> sfn.Condition:
    """Whether the value at `path` is true. An absent value is not."""
    return sfn.Condition.and_(sfn.Condition.is_present(path), sfn.Condition.boolean_equals(path, True))
