"""A distributed map: a function processes each element of a JSON list in the lake."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infrastructure.data.lake import Lake
from infrastructure.permissions import allow
from infrastructure.workflows.invoke import (
    THROTTLED,
    THROTTLED_ATTEMPTS,
    THROTTLED_MAX_SECONDS,
    TRANSIENT_LAMBDA_ERRORS,
    wait_seconds,
)


def distributed_map(
    scope: Construct,
    title: str,
    item_title: str,
    function: lambda_.Function,
    action: str,
    *,
    lake: Lake,
    list_key: str,
    concurrency: int,
    result_path: str,
) -> sfn.CustomState:
    """A state that calls `function` for each element, with `{"action", "plan", "item"}`.

    `list_key` is the JSON path of the list's key in the lake. `item_title` names the only state of the child
    executions.
    """
    state: dict[str, Any] = {
        "Type": "Map",
        "ItemReader": {
            "Resource": f"arn:{cdk.Stack.of(scope).partition}:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": lake.bucket.bucket_name, "Key.$": list_key},
        },
        "ItemSelector": {"action": action, "plan.$": "$.plan", "item.$": "$$.Map.Item.Value"},
        "MaxConcurrency": concurrency,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": item_title,
            "States": {item_title: _task(function)},
        },
        "ResultPath": result_path,
    }
    return sfn.CustomState(scope, title, state_json=state)


def _task(function: lambda_.Function) -> dict[str, Any]:
    """The state that calls the function for one element."""
    retry = {"IntervalSeconds": 2, "BackoffRate": 2, "JitterStrategy": "FULL"}
    return {
        "Type": "Task",
        "Resource": function.function_arn,
        "TimeoutSeconds": wait_seconds(function),
        "Retry": [
            {
                "ErrorEquals": THROTTLED,
                "MaxAttempts": THROTTLED_ATTEMPTS,
                "MaxDelaySeconds": THROTTLED_MAX_SECONDS,
                **retry,
            },
            {"ErrorEquals": TRANSIENT_LAMBDA_ERRORS, "MaxAttempts": 8, **retry},
            # An element may be processed twice. An error in the data fails again, so one retry is enough.
            {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 1, **retry},
        ],
        "End": True,
    }


def allow_distributed_map(role: iam.Role, machine_name: str, *, lists: str) -> None:
    """Let a machine run child executions of itself and read its lists, the objects with the ARN `lists`."""
    stack = cdk.Stack.of(role)

    def arn(resource: str, name: str) -> str:
        return stack.format_arn(
            service="states",
            resource=resource,
            resource_name=name,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )

    allow(role, ["states:StartExecution"], [arn("stateMachine", machine_name)])
    allow(
        role,
        ["states:DescribeExecution", "states:StopExecution"],
        [arn("execution", f"{machine_name}:*")],
        because="Step Functions names the child executions of a map",
    )
    # A person may redrive an execution. It then redrives the failed child executions of its map.
    allow(
        role,
        ["states:RedriveExecution"],
        [arn("execution", f"{machine_name}/*:*")],
        because="Step Functions names the child executions of a map",
    )
    allow(role, ["s3:GetObject"], [lists], because="lists of work are in the dataset group's folder")
