"""States that run a SageMaker training job, wait for its end, and limit its log."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn

from infrastructure.logs import log_group_arn
from infrastructure.permissions import allow
from infrastructure.training import JOB_PREFIX, Training
from infrastructure.workflows.flow import Workflow

TRANSIENT_ERRORS = ["SageMaker.AmazonSageMakerException"]
# SageMaker answers so if a quota is too low for the job, and while other jobs use it. Only its message tells
# which: "The account-level service limit 'ml.m7i.2xlarge for spot training job usage' is 1 Instances, with
# current utilization of 0 Instances and a request delta of 2 Instances." If nothing runs, nothing will end.
QUOTA_ERRORS = ["SageMaker.ResourceLimitExceededException"]
QUOTA_TOO_LOW = "*current utilization of 0 *"
QUOTA_WAIT_MINUTES = 10
JOB_LOGS = "/aws/sagemaker/TrainingJobs"


def training_job(flow: Workflow, training: Training) -> sfn.CustomState:
    """The state. The role of `flow` may start, tag, describe and stop training jobs.

    It waits while other jobs use the account's quota, and fails at once if the quota is too low for the job
    alone. The execution's time limit ends the wait.
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
    too_low = sfn.Condition.string_matches("$.error.Cause", QUOTA_TOO_LOW)
    question = sfn.Choice(flow, "Is it too low?").when(too_low, flow.failed).otherwise(wait.next(state))
    state.add_catch(question, errors=QUOTA_ERRORS, result_path="$.error")
    _grant(flow, training)
    return state


def limit_logs(flow: Workflow, days: int, then: sfn.IChainable) -> sfn.CustomState:
    """States that set the retention of the log of training jobs, which SageMaker creates without one.

    All jobs of the account write to this log. If it has a retention, somebody has chosen it, and it stays.
    The model is registered even if a state fails.
    """
    look = _logs_task(
        flow,
        "Look at the log of training jobs",
        "describeLogGroups",
        {"LogGroupNamePrefix": JOB_LOGS, "Limit": 1},  # names are sorted, so this one comes first
        then,
        result_path="$.log",
    )
    limit = _logs_task(
        flow,
        "Limit the log of training jobs",
        "putRetentionPolicy",
        {"LogGroupName": JOB_LOGS, "RetentionInDays": days},
        then,
    )
    chosen = sfn.Condition.is_present("$.log.LogGroups[0].RetentionInDays")
    look.next(sfn.Choice(flow, "Has the log a retention?").when(chosen, then).otherwise(limit))
    limit.next(then)
    group = log_group_arn(flow, f"{JOB_LOGS}:*")
    allow(
        flow.role,
        ["logs:PutRetentionPolicy"],
        [group],
        because="the ARN of a log group ends with an asterisk",
    )
    allow(
        flow.role,
        ["logs:DescribeLogGroups"],
        [log_group_arn(flow, "*")],
        because="the action lists the log groups of the account",
    )
    return look


def _logs_task(
    flow: Workflow,
    title: str,
    action: str,
    parameters: dict[str, Any],
    then: sfn.IChainable,
    *,
    result_path: str = sfn.JsonPath.DISCARD,
) -> sfn.CustomState:
    """A state that calls CloudWatch Logs, and goes on with `then` if that fails."""
    state = sfn.CustomState(
        flow,
        title,
        state_json={
            "Type": "Task",
            "Resource": f"arn:{cdk.Stack.of(flow).partition}:states:::aws-sdk:cloudwatchlogs:{action}",
            "Parameters": parameters,
            "ResultPath": result_path,
            "TimeoutSeconds": 60,
        },
    )
    state.add_retry(errors=["States.TaskFailed"], max_attempts=1)
    state.add_catch(then, errors=["States.ALL"], result_path="$.ignored")
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
