"""Schedules: their group, and the role with which they start workflows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infrastructure.permissions import allow
from infrastructure.stage import Stage


class Schedules(Construct):
    """The control function creates and deletes the schedules. They can only start scheduled workflows."""

    def __init__(self, scope: Construct, id: str, *, stage: Stage, machine_arns: list[str]) -> None:
        super().__init__(scope, id)
        self.group_name = stage.stack_name
        self._group = scheduler.CfnScheduleGroup(self, "Group", name=self.group_name)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
            ),
            description="Starts scheduled workflows",
        )
        allow(self.role, ["states:StartExecution"], machine_arns)

    def call(self, id: str, function: lambda_.IFunction, *, minutes: int, event: Mapping[str, Any]) -> None:
        """Call a function with an event every `minutes`, with a role that can do nothing else."""
        role = iam.Role(
            self,
            f"{id}Role",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
            ),
            description=f"Calls {function.node.path}",
        )
        allow(role, ["lambda:InvokeFunction"], [function.function_arn])
        scheduler.CfnSchedule(
            self,
            id,
            name=id.lower(),
            group_name=self.group_name,
            schedule_expression=f"rate({minutes} minutes)",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function.function_arn, role_arn=role.role_arn, input=json.dumps(event)
            ),
        ).add_dependency(self._group)

    @property
    def schedules_arn(self) -> str:
        """The ARN pattern of the group's schedules."""
        return cdk.Stack.of(self).format_arn(
            service="scheduler", resource="schedule", resource_name=f"{self.group_name}/*"
        )
