"""A state that invokes a function."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

# Errors of the Lambda service, not of the function: a retry can succeed.
# https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
TRANSIENT_LAMBDA_ERRORS = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
]
# The account, or the function, has no free concurrency. Other work takes minutes to end, so a state waits for
# hours: an account may have as little as 10. The second name is that of the same error in the steps function,
# which invokes the runtime function to warm a model.
THROTTLED = ["Lambda.TooManyRequestsException", "TooManyRequestsException"]
THROTTLED_ATTEMPTS, THROTTLED_MAX_SECONDS = 300, 60
# A state waits so many seconds longer than the function may run.
GRACE_SECONDS = 30


def invoke(
    scope: Construct,
    title: str,
    function: lambda_.Function,
    payload: sfn.TaskInput | None,
    *,
    result_path: str,
    input_path: str | None = None,
) -> tasks.LambdaInvoke:
    """A state that invokes `function` with `payload`, or without one with the state at `input_path`."""
    state = tasks.LambdaInvoke(
        scope,
        title,
        lambda_function=function,
        payload=payload,
        input_path=input_path,
        payload_response_only=True,
        result_path=result_path,
        retry_on_service_exceptions=False,
        task_timeout=sfn.Timeout.duration(cdk.Duration.seconds(wait_seconds(function))),
    )
    state.add_retry(
        errors=THROTTLED,
        interval=cdk.Duration.seconds(2),
        backoff_rate=2,
        max_attempts=THROTTLED_ATTEMPTS,
        max_delay=cdk.Duration.seconds(THROTTLED_MAX_SECONDS),
        jitter_strategy=sfn.JitterType.FULL,
    )
    state.add_retry(
        errors=TRANSIENT_LAMBDA_ERRORS,
        interval=cdk.Duration.seconds(2),
        backoff_rate=2,
        max_attempts=5,
        jitter_strategy=sfn.JitterType.FULL,
    )
    return state


def wait_seconds(function: lambda_.Function) -> int:
    """How long a state waits for the function's answer, in seconds."""
    assert function.timeout is not None
    return int(function.timeout.to_seconds()) + GRACE_SECONDS
