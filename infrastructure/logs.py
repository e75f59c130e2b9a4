"""Log groups are written down, so that none is created by the way, without a name or an end."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure.stage import RETENTION_DAYS, Stage

# CDK has an enumeration in the same order as CloudWatch's list of days, with "for ever" at its end.
_RETENTION = dict(zip(RETENTION_DAYS, logs.RetentionDays, strict=False))


def log_group(scope: Construct, id: str, name: str, *, stage: Stage) -> logs.LogGroup:
    """A log group called `name` that keeps what the stage says.

    It goes with the stack even where data stays: a log with a fixed name that outlived its stack would
    stand in the way of the next one.
    """
    return logs.LogGroup(
        scope,
        id,
        log_group_name=name,
        retention=_RETENTION[stage.log_retention_days],
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
