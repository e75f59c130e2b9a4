"""A state that runs a SageMaker training job and waits for its end."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn

from infrastructure.permissions import allow
from infrastructure.training import JOB_PREFIX, Training
from infrastructure.workflows.flow import Workflow

TRANSIENT_ERRORS = ["SageMaker.AmazonSageMakerException"]
# SageMaker answers so if the account's quota is 0, and while other jobs use all of it. Only its message tells
# which: "The account-level service limit 'ml.m7i.2xlarge for spot training job usage' is 0 Instances, …".
QUOTA_ERRORS = ["SageMaker.ResourceLimitExceededException"]
NO_QUOTA = "*is 0 Instances*"
QUOTA_WAIT_MINUTES = 10
JOB_LOGS = "/aws/sagemaker/TrainingJobs"


def training_job(flow: Workflow, training: Training) -> sfn.CustomState:
    """The state. The role of `flow` may start, tag, describe and stop training jobs.

    It waits while other jobs use the account's quota, and fails at once if the quota is 0. The execution's
    time limit ends the wait.
    """
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
    wait = sfn.Wait(
        flow, "Wait for the quota", time=sfn.WaitTime.duration(cdk.Duration.minutes(QUOTA_WAIT_MINUTES))
    )
    is_zero = sfn.Condition.string_matches("$.error.Cause", NO_QUOTA)
    question = sfn.Choice(flow, "Is the quota 0?").when(is_zero, flow.failed).otherwise(wait.next(state))
    state.add_catch(question, errors=QUOTA_ERRORS, result_path="$.error")
    _grant(flow, training)
    return state


def limit_logs(flow: Workflow, days: int, then: sfn.IChainable) -> sfn.CustomState:
    """A state that sets the retention of the log of all training jobs, which SageMaker creates without one.

    The model is registered even if that fails.
    """
    stack = cdk.Stack.of(flow)
    state = sfn.CustomState(
        flow,
        "Limit the log of training jobs",
        state_json={
            "Type": "Task",
            "Resource": f"arn:{stack.partition}:states:::aws-sdk:cloudwatchlogs:putRetentionPolicy",
            "Parameters": {"LogGroupName": JOB_LOGS, "RetentionInDays": days},
            "ResultPath": sfn.JsonPath.DISCARD,
            "TimeoutSeconds": 60,
        },
    )
    state.add_retry(errors=["States.TaskFailed"], max_attempts=1)
    state.add_catch(then, errors=["States.ALL"], result_path="$.ignored")
    arn = stack.format_arn(
        service="logs",
        resource="log-group",
        resource_name=f"{JOB_LOGS}:*",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    allow(
        flow.role, ["logs:PutRetentionPolicy"], [arn], because="the ARN of a log group ends with an asterisk"
    )
    state.next(then)
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
