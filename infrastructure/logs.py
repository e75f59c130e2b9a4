"""Log groups. Each is declared, because a group that AWS creates by itself keeps logs forever."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure.encryption import stage_key
from infrastructure.stage import RETENTION_DAYS, Stage

WRITE_STREAMS = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
"""What a job needs of the log group that its service writes for it."""

# CDK's enumeration has the order of CloudWatch's list of days, and "forever" at its end.
_RETENTION = dict(zip(RETENTION_DAYS, logs.RetentionDays, strict=False))


def log_group_arn(scope: Construct, name: str) -> str:
    """The ARN of the log groups whose name matches `name`, which may have wildcards."""
    return cdk.Stack.of(scope).format_arn(
        service="logs",
        resource="log-group",
        resource_name=name,
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )


def log_group(scope: Construct, id: str, name: str, *, stage: Stage) -> logs.LogGroup:
    """A log group with the retention of the stage.

    It is deleted with the stack even if data is retained. Its name is fixed, so a group that stays would
    prevent the next deployment.
    """
    return logs.LogGroup(
        scope,
        id,
        log_group_name=name,
        retention=_RETENTION[stage.log_retention_days],
        encryption_key=stage_key(scope),
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
