"""Jobs on a schedule: EventBridge Scheduler calls the deployment's function, which creates the job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from tastemaker.declaration.types import TYPES
from tastemaker.wire.properties import write_properties
from tastemaker_cdk.deployment import Deployment
from tastemaker_cdk.resource import _arns

TIME = "<aws.scheduler.scheduled-time>"
"""EventBridge Scheduler replaces it. The job's name has the time, so a repeated call creates nothing."""


def schedule_job(
    scope: Construct, id: str, *, type: str, properties: Mapping[str, Any], expression: str, name: str
) -> scheduler.CfnSchedule:
    """Create a job of a type at each time of a schedule: `rate(1 day)`, `cron(0 3 * * ? *)`.

    `name` begins the names of the jobs.
    """
    token = Deployment.of(scope).service_token(scope)
    role = iam.Role(
        scope,
        f"{id}Role",
        assumed_by=iam.ServicePrincipal(
            "scheduler.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(scope).account}},
        ),
        description="Calls Tastemaker to create a job",
    )
    role.add_to_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[token]))
    event = {
        "action": "create",
        "type": type,
        "name": name,
        "time": TIME,
        "properties": write_properties(_arns(dict(properties)), TYPES[type].shape),
    }
    return scheduler.CfnSchedule(
        scope,
        id,
        schedule_expression=expression,
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
        target=scheduler.CfnSchedule.TargetProperty(
            arn=token, role_arn=role.role_arn, input=cdk.Stack.of(scope).to_json_string(event)
        ),
    )
