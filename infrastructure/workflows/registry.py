"""All state machines that this folder declares."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as eventbridge
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infrastructure import workflows
from infrastructure.workflows.declaration import WorkflowDeclaration, WorkflowResources
from infrastructure.workflows.flow import Workflow
from tastemaker.contracts.workflow_names import WORKFLOWS


@cache
def declarations() -> Mapping[str, WorkflowDeclaration]:
    """Every declaration by the workflow's name, in the order of the contract's table.

    Raises KeyError if a workflow of the table is not declared.
    """
    found = {declared.name: declared for declared in _found()}
    return {name: found[name] for name in WORKFLOWS}


def _found() -> Iterator[WorkflowDeclaration]:
    for module in pkgutil.iter_modules(workflows.__path__, f"{workflows.__name__}."):
        declared = getattr(import_module(module.name), "WORKFLOW", None)
        if isinstance(declared, WorkflowDeclaration):
            yield declared


class Workflows(Construct):
    """The state machine of each workflow, by the workflow's name.

    An execution that a person stops, or that runs out of time, never reaches its failure state. EventBridge
    reports it to the steps function, which writes the reason on the record.
    """

    def __init__(self, scope: Construct, id: str, *, uses: WorkflowResources) -> None:
        super().__init__(scope, id)
        steps = uses.functions["steps"]
        self.all: dict[str, sfn.StateMachine] = {
            name: declared.define(
                Workflow(self, name, stage=uses.stage, subject=declared.subject, steps=steps), uses
            )
            for name, declared in declarations().items()
        }
        # Two rules: a person who stops an execution should not set off the alarm.
        self._failed = self._settle("FailedExecutions", ["FAILED", "TIMED_OUT"], steps)
        self._settle("AbortedExecutions", ["ABORTED"], steps)

    def metric_failed(self, *, period: cdk.Duration) -> cloudwatch.Metric:
        """How many executions failed or timed out: how often EventBridge reported one."""
        return cloudwatch.Metric(
            namespace="AWS/Events",
            metric_name="Invocations",
            dimensions_map={"RuleName": self._failed.rule_name},
            statistic="Sum",
            period=period,
        )

    def _settle(self, id: str, statuses: list[str], steps: lambda_.Function) -> eventbridge.Rule:
        return eventbridge.Rule(
            self,
            id,
            description="Settles the records of executions that ended without their failure state",
            event_pattern=eventbridge.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "status": statuses,
                    "stateMachineArn": [machine.state_machine_arn for machine in self.all.values()],
                },
            ),
            targets=[targets.LambdaFunction(steps)],
        )
