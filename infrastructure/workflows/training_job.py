"""A state that runs a SageMaker training job and waits for its end."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn

from infrastructure.permissions import allow
from infrastructure.training import JOB_PREFIX, Training
from infrastructure.workflows.flow import Workflow

TRANSIENT_ERRORS = ["SageMaker.AmazonSageMakerException"]
# SageMaker answers so while other jobs use all instances of the account's quota.
QUOTA_ERRORS = ["SageMaker.ResourceLimitExceededException"]


def training_job(flow: Workflow, training: Training) -> sfn.CustomState:
    """The state. The role of `flow` may start, tag, describe and stop training jobs."""
    state = sfn.CustomState(
        flow,
        "Train model",
        state_json={
            "Type": "Task",
            "Resource": f"arn:{cdk.Stack.of(flow).partition}:states:::sagemaker:createTrainingJob.sync",
            "Parameters": training.request(),
            "ResultPath": "$.result",
            "TimeoutSeconds": training.seconds,
        },
    )
    state.add_retry(errors=TRANSIENT_ERRORS, interval=cdk.Duration.seconds(5), backoff_rate=3, max_attempts=3)
    state.add_retry(errors=QUOTA_ERRORS, interval=cdk.Duration.minutes(2), backoff_rate=1.5, max_attempts=8)
    _grant(flow, training)
    return state


def _grant(flow: Workflow, training: Training) -> None:
    stack = cdk.Stack.of(flow)
    jobs = stack.format_arn(service="sagemaker", resource="training-job", resource_name=f"{JOB_PREFIX}*")
    allow(
        flow.role,
        [
            "sagemaker:CreateTrainingJob",
            "sagemaker:DescribeTrainingJob",
            "sagemaker:StopTrainingJob",
            # Step Functions tags the jobs that it waits for (MANAGED_BY_AWS).
            "sagemaker:AddTags",
            "sagemaker:ListTags",
        ],
        [jobs],
        because="a job gets its name when it starts",
    )
    allow(
        flow.role,
        ["iam:PassRole"],
        [training.role.role_arn],
        when={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    )
    # Step Functions learns about the end of a job through a rule that it manages itself.
    rule = "StepFunctionsGetEventsForSageMakerTrainingJobsRule"
    allow(
        flow.role,
        ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
        [stack.format_arn(service="events", resource="rule", resource_name=rule)],
    )
