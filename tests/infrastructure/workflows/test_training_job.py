"""The role of the workflow that trains: it grants what CDK's own task grants."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from tastemaker.contracts.workflow_names import workflow_of
from tests.infrastructure.conftest import Template


def test_role_grants_all_actions_of_the_cdk_task(template: Template) -> None:
    machine = next(
        properties
        for properties in template.of_type("AWS::StepFunctions::StateMachine").values()
        if workflow_of(properties["StateMachineName"]) == "train"
    )
    granted = actions_of(template.of_type("AWS::IAM::Policy"), machine["RoleArn"]["Fn::GetAtt"][0])
    expected = cdk_actions()
    assert {"sagemaker:AddTags", "sagemaker:CreateTrainingJob"} <= expected
    assert expected <= granted


def cdk_actions() -> set[str]:
    """What CDK grants to a state machine whose only task is `SageMakerCreateTrainingJob`."""
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "Throwaway")
    bucket = s3.Bucket(stack, "Bucket")
    source = tasks.S3DataSource(s3_location=tasks.S3Location.from_bucket(bucket, "in"))
    task = tasks.SageMakerCreateTrainingJob(
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
    sfn.StateMachine(stack, "Machine", definition_body=sfn.DefinitionBody.from_chainable(task))
    resources = app.synth().get_stack_by_name("Throwaway").template["Resources"]
    (machine,) = (one for one in resources.values() if one["Type"] == "AWS::StepFunctions::StateMachine")
    policies = {id: one["Properties"] for id, one in resources.items() if one["Type"] == "AWS::IAM::Policy"}
    return actions_of(policies, machine["Properties"]["RoleArn"]["Fn::GetAtt"][0])


def actions_of(policies: dict[str, dict[str, Any]], role: str) -> set[str]:
    """Actions that policies allow to the role with a logical id."""
    found: set[str] = set()
    for policy in policies.values():
        if {"Ref": role} in policy["Roles"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                found |= {actions} if isinstance(actions, str) else set(actions)
    return found
