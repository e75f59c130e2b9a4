"""Machines for the models: train, deploy and refresh."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn

from infrastructure.distributed import Distributed
from infrastructure.permissions import allow
from infrastructure.training import JOB_PREFIX, Training
from infrastructure.workflows.flow import Workflow, is_true

# SageMaker says the second one while other jobs hold all instances of the account's quota.
SAGEMAKER_HICCUPS = ["SageMaker.AmazonSageMakerException"]
SAGEMAKER_FULL = ["SageMaker.ResourceLimitExceededException"]


def train(flow: Workflow, training: Training, spark: Distributed | None) -> sfn.StateMachine:
    """A training job over a snapshot of the data, and its model registered."""
    start = flow.begin("Begin training")
    job = flow.catch(_training_job(flow, training))
    job.next(flow.step("Register model", "succeed", result="$.result"))
    first: sfn.State = job
    if spark is not None:
        prepare = spark.task(flow, "Prepare events on Spark", "prepare", plan="$.plan", arguments=[])
        prepare.next(flow.step("Read what Spark prepared", "outcome")).next(job)
        too_much = sfn.Choice(flow, "Is it too much for one machine?")
        first = too_much.when(is_true("$.plan.distributed"), prepare).otherwise(job)
    start.next(
        sfn.Choice(flow, "Is there something to train?")
        .when(is_true("$.plan.skip"), sfn.Succeed(flow, "Nothing to train"))
        .otherwise(first)
    )
    return flow.finish(
        start,
        comment='Input: {"solutionVersionArn": "…"}, or {"solutionArn": "…"} to train a new version',
        hours=training.seconds // 3600 + 2 + (spark.hours + 1 if spark else 0),
    )


def deploy(flow: Workflow) -> sfn.StateMachine:
    """The model warmed in the function that serves it, then the switch."""
    start = flow.begin("Begin deployment")
    start.next(flow.step("Warm model", "warm", result_path="$.result")).next(
        flow.step("Activate", "succeed", result="$.result")
    )
    return flow.finish(start, comment='Input: {"campaignArn": "…"} or {"recommenderArn": "…"}', hours=1)


def refresh(flow: Workflow, function: lambda_.Function) -> sfn.StateMachine:
    """New items and counts into a model that serves: gathered, tried by the function that serves it, then the
    switch.
    """
    start = flow.begin("Begin refresh")
    nothing = sfn.Succeed(flow, "Nothing to refresh")
    gather = flow.work("Gather what is new", function)
    warm = flow.step("Warm model", "warm", result_path="$.result")
    clear = flow.step("Clear away", "purge", result_path="$.result")
    start.next(
        sfn.Choice(flow, "Is there a model to refresh?")
        .when(is_true("$.plan.skip"), nothing)
        .otherwise(gather)
    )
    gather.next(
        sfn.Choice(flow, "Is there something new?").when(is_true("$.result.skip"), nothing).otherwise(warm)
    )
    warm.next(flow.step("Publish refresh", "succeed", result="$.result")).next(clear)
    flow.while_more(clear, question="Is there more to clear?", then=sfn.Succeed(flow, "Refreshed"))
    return flow.finish(start, comment='Input: {"campaignArn": "…"} or {"recommenderArn": "…"}', hours=2)


def _training_job(flow: Workflow, training: Training) -> sfn.CustomState:
    stack = cdk.Stack.of(flow)
    state = sfn.CustomState(
        flow,
        "Train model",
        state_json={
            "Type": "Task",
            "Resource": f"arn:{stack.partition}:states:::sagemaker:createTrainingJob.sync",
            "Parameters": training.request(),
            "ResultPath": "$.result",
            "TimeoutSeconds": training.seconds,
        },
    )
    state.add_retry(
        errors=SAGEMAKER_HICCUPS, interval=cdk.Duration.seconds(5), backoff_rate=3, max_attempts=3
    )
    state.add_retry(errors=SAGEMAKER_FULL, interval=cdk.Duration.minutes(2), backoff_rate=1.5, max_attempts=8)
    jobs = stack.format_arn(service="sagemaker", resource="training-job", resource_name=f"{JOB_PREFIX}*")
    allow(
        flow.role,
        ["sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"],
        [jobs],
        because="a job is named when it starts",
    )
    allow(
        flow.role,
        ["iam:PassRole"],
        [training.role.role_arn],
        when={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    )
    # Step Functions hears of a job's end through a rule that it keeps for itself.
    rule = "StepFunctionsGetEventsForSageMakerTrainingJobsRule"
    allow(
        flow.role,
        ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
        [stack.format_arn(service="events", resource="rule", resource_name=rule)],
    )
    return state
