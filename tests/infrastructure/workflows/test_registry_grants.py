"""The roles of the state machines grant what CDK's own tasks grant for every integration that they use.

Step Functions does more than to call the integrated API: it tags the jobs that it waits for, and it manages
a rule that tells it about their end. CDK's tasks know which permissions that takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from tastemaker.contracts.workflow_names import workflow_of
from tests.infrastructure.conftest import Assembly, Template, actions_of, definitions_of, listed

TRACING_AND_LOGS = ("xray:", "logs:")
"""Services whose actions CDK grants to a machine by its own settings, not by its tasks."""


def train(stack: cdk.Stack) -> sfn.IChainable:
    bucket = s3.Bucket(stack, "Bucket")
    source = tasks.S3DataSource(s3_location=tasks.S3Location.from_bucket(bucket, "in"))
    return tasks.SageMakerCreateTrainingJob(
        stack,
        "Task",
        training_job_name="tastemaker-job",
        integration_pattern=sfn.IntegrationPattern.RUN_JOB,
        algorithm_specification=tasks.AlgorithmSpecification(
            training_image=tasks.DockerImage.from_registry("image")
        ),
        input_data_config=[
            tasks.Channel(channel_name="data", data_source=tasks.DataSource(s3_data_source=source))
        ],
        output_data_config=tasks.OutputDataConfig(
            s3_output_location=tasks.S3Location.from_bucket(bucket, "out")
        ),
    )


def invoke(stack: cdk.Stack) -> sfn.IChainable:
    function = lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handle",
        code=lambda_.Code.from_inline("handle = print"),
    )
    return tasks.LambdaInvoke(stack, "Task", lambda_function=function, payload_response_only=True)


def distributed_map(stack: cdk.Stack) -> sfn.IChainable:
    bucket = s3.Bucket(stack, "Bucket")
    reader = sfn.S3JsonItemReader(bucket=bucket, key="list.json")
    state = sfn.DistributedMap(stack, "Map", item_reader=reader)
    return state.item_processor(sfn.Pass(stack, "Item"))


CDK_TASKS: Mapping[str, Callable[[cdk.Stack], sfn.IChainable]] = {
    "sagemaker:createTrainingJob.sync": train,
    "lambda": invoke,
    "distributed map": distributed_map,
}
DOCUMENTED = {
    # https://docs.aws.amazon.com/step-functions/latest/dg/emr-serverless-iam.html, StartJobRun, "Run a Job".
    # CDK has no task for it. TagResource: Step Functions tags the jobs that it waits for.
    "emr-serverless:startJobRun.sync": {
        "emr-serverless:StartJobRun",
        "emr-serverless:GetJobRun",
        "emr-serverless:CancelJobRun",
        "emr-serverless:TagResource",
        "iam:PassRole",
        "events:PutTargets",
        "events:PutRule",
        "events:DescribeRule",
    },
    # CDK's CallAwsService grants the action that its caller names.
    "aws-sdk:cloudwatchlogs:describeLogGroups": {"logs:DescribeLogGroups"},
    "aws-sdk:cloudwatchlogs:putRetentionPolicy": {"logs:PutRetentionPolicy"},
    # The reader of a distributed map. CDK grants it with the map.
    "s3:getObject": {"s3:GetObject"},
}


@pytest.mark.parametrize("stage", ["local", "prod"])
def test_roles_grant_all_actions_of_the_cdk_tasks(stage: str, assembly: Assembly) -> None:
    template = assembly.templates[stage]
    definitions, used = definitions_of(template), set()
    for machine in template.of_type("AWS::StepFunctions::StateMachine").values():
        name = workflow_of(machine["StateMachineName"])
        granted = actions_of(template.of_type("AWS::IAM::Policy"), machine["RoleArn"]["Fn::GetAtt"][0])
        for integration in integrations(definitions[name]):
            used.add(integration)
            missing = expected_actions(integration) - granted
            assert not missing, f"{name} lacks {sorted(missing)} for {integration}"
    spark = {"emr-serverless:startJobRun.sync"} if stage == "local" else set()
    assert used == {*CDK_TASKS, *DOCUMENTED} - spark


def test_map_may_redrive_its_child_executions(template: Template) -> None:
    """A child execution's ARN has the label of its map run after the machine's name, as CDK writes it."""
    resources = [
        json.dumps(statement["Resource"])
        for policy in template.of_type("AWS::IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if "states:RedriveExecution" in listed(statement["Action"])
    ]
    assert resources and all(resource.endswith('/*:*"]]}') for resource in resources)


def expected_actions(integration: str) -> set[str]:
    """Actions that an integration takes. Raises KeyError for one that nobody has looked up."""
    if integration in DOCUMENTED:
        return set(DOCUMENTED[integration])
    return set(cdk_actions(integration))


@cache
def cdk_actions(integration: str) -> frozenset[str]:
    """What CDK grants to a state machine with its own state for the integration."""
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "Throwaway")
    state = CDK_TASKS[integration](stack)
    sfn.StateMachine(stack, "Machine", definition_body=sfn.DefinitionBody.from_chainable(state))
    assembly = cdk.Stage.of(stack).synth()  # type: ignore[union-attr]
    resources = assembly.get_stack_by_name("Throwaway").template["Resources"]
    (machine,) = (one for one in resources.values() if one["Type"] == "AWS::StepFunctions::StateMachine")
    policies = {id: one["Properties"] for id, one in resources.items() if one["Type"] == "AWS::IAM::Policy"}
    found = actions_of(policies, machine["Properties"]["RoleArn"]["Fn::GetAtt"][0])
    assert found, f"CDK grants nothing for {integration}"
    return frozenset(action.removesuffix("*") for action in found if not action.startswith(TRACING_AND_LOGS))


def integrations(definition: Any) -> Iterator[str]:
    """What the states of a definition use: `service:action`, functions, and distributed maps."""
    match definition:
        case {"Resource": str(resource)}:
            found = re.search(r":states:::(.+)$", resource)
            yield found.group(1) if found else "lambda"
        case {"ProcessorConfig": {"Mode": "DISTRIBUTED"}}:
            yield "distributed map"
    inner = definition.values() if isinstance(definition, dict) else definition
    for one in inner if isinstance(inner, list) or isinstance(definition, dict) else ():
        yield from integrations(one)
