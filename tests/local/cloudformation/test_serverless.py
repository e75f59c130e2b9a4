"""Templates of the Serverless Application Model, as `aws cloudformation deploy` sends them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import zipfile
from typing import Any

import pytest

from local.cloudformation.serverless import expanded
from local.cloudformation.templates import InvalidRequestError
from local.scheduling.scheduled_rules import ScheduledRules
from local.terminal import Terminal
from tests.local.cloudformation.conftest import ended, reasons, refused
from tests.local.conftest import unique, until

TEMPLATE = """
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Parameters:
  Bucket: {Type: String}
  Greeting: {Type: String, Default: hello}
Globals:
  Function:
    Runtime: python3.12
    Timeout: 30
Resources:
  Greet:
    Type: AWS::Serverless::Function
    Properties:
      Handler: greet.handler
      CodeUri: {Bucket: !Ref Bucket, Key: greet.zip}
      Environment: {Variables: {GREETING: !Ref Greeting}}
      Policies:
        - Version: 2012-10-17
          Statement: [{Effect: Allow, Action: "s3:PutObject", Resource: !Sub "arn:aws:s3:::${Bucket}/*"}]
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: {Bucket: !Ref Bucket, Key: machine.yaml}
      DefinitionSubstitutions: {Greet: !GetAtt Greet.Arn}
      Policies: [{LambdaInvokePolicy: {FunctionName: !Ref Greet}}]
Outputs:
  Function: {Value: !Ref Greet}
  Machine: {Value: !Ref Machine}
"""
MACHINE = """
StartAt: Greet
States:
  Greet: {Type: Task, Resource: "${Greet}", End: true}
"""
GREET = "import os\ndef handler(event, context): return os.environ['GREETING']"


@pytest.fixture(scope="module")
def package(local: Any) -> str:
    """The bucket with the packaged code and definition."""
    bucket, s3, code = unique("package"), local.client("s3"), io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("greet.py", GREET)
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="greet.zip", Body=code.getvalue())
    s3.put_object(Bucket=bucket, Key="machine.yaml", Body=MACHINE.encode())
    return bucket


def request(stack: str, bucket: str, **parameters: str) -> dict[str, Any]:
    values = {"Bucket": bucket, **parameters}
    return {
        "StackName": stack,
        "TemplateBody": TEMPLATE,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    }


def test_functions_and_state_machines_of_a_serverless_template_run(local: Any, package: str) -> None:
    stacks, states, stack = (
        local.client("cloudformation"),
        local.client("stepfunctions"),
        unique("serverless"),
    )

    def answer() -> Any:
        found = ended(stacks, stack)
        assert found["StackStatus"].endswith("COMPLETE"), reasons(stacks, stack)
        machine = next(one["OutputValue"] for one in found["Outputs"] if one["OutputKey"] == "Machine")
        execution = states.start_execution(stateMachineArn=machine)["executionArn"]
        run = until(
            lambda: states.describe_execution(executionArn=execution),
            lambda described: described["status"] != "RUNNING",
        )
        return json.loads(run["output"])

    stacks.create_stack(**request(stack, package))
    assert answer() == "hello"
    stacks.update_stack(**request(stack, package, Greeting="good morning"))
    assert answer() == "good morning"
    template = stacks.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    assert {one["Type"] for one in template["Resources"].values()} == {
        "AWS::IAM::Role",
        "AWS::Lambda::Function",
        "AWS::StepFunctions::StateMachine",
    }
    stacks.delete_stack(StackName=stack)
    until(
        lambda: [
            one["StackStatus"] for one in stacks.list_stacks()["StackSummaries"] if one["StackName"] == stack
        ],
        lambda found: found == ["DELETE_COMPLETE"],
    )


def test_error_of_the_translator_is_the_reason(local: Any) -> None:
    body = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"Greet": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "folder/"}}},
    }
    reason = r"Serverless-2016-10-31 failed with.*\[Greet\] is invalid"
    refused(local.client("cloudformation"), body, reason)


@pytest.mark.parametrize(
    ("event", "kind"), [("Api", "AWS::ApiGateway::RestApi"), ("HttpApi", "AWS::ApiGatewayV2::Api")]
)
def test_function_behind_an_api_is_refused_by_name_before_anything_is_created(
    local: Any, event: str, kind: str
) -> None:
    hello = {
        "Handler": "index.handler",
        "Runtime": "python3.12",
        "InlineCode": "",
        "Events": {"Hello": {"Type": event, "Properties": {"Path": "/hello", "Method": "get"}}},
    }
    body = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"Hello": {"Type": "AWS::Serverless::Function", "Properties": hello}},
    }
    refused(local.client("cloudformation"), body, rf"cannot create .*\({kind}\)")


class WithoutPolicies:
    """An account whose IAM does not answer."""

    region = "us-east-1"

    def client(self, service: str) -> Any:
        return self

    def get_paginator(self, operation: str) -> Any:
        raise ConnectionError("IAM does not answer")


def test_other_failure_of_the_translator_is_a_refusal_with_the_reason() -> None:
    greet = {"Handler": "greet.handler", "Runtime": "python3.12", "InlineCode": "", "Policies": "Reader"}
    body = {"Resources": {"Greet": {"Type": "AWS::Serverless::Function", "Properties": greet}}}
    with pytest.raises(InvalidRequestError, match="failed with: ConnectionError: IAM does not answer"):
        expanded(body, {}, WithoutPolicies())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "location",
    [
        {
            "ApplicationId": "arn:aws:serverlessrepo:us-east-1:123456789012:applications/a",
            "SemanticVersion": "1.0.0",
        },
        "https://bucket.s3.amazonaws.com/nested.yaml",
    ],
    ids=["repository", "template"],
)
def test_nested_application_is_refused_by_name_before_anything_is_created(local: Any, location: Any) -> None:
    nested = {"Type": "AWS::Serverless::Application", "Properties": {"Location": location}}
    body = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Nested": nested}}
    reason = "no nested stacks.*AWS::Serverless::Application of Nested"
    refused(local.client("cloudformation"), body, reason)


def test_translator_is_imported_when_a_template_needs_it() -> None:
    code = "import sys, local.cloudformation.serverless; print('samtranslator' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


RULES = """
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Parameters:
  Answers: {Type: String}
  Source: {Type: String}
Resources:
  Listen:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Timeout: 30
      InlineCode: |
        import boto3, json, os
        def handler(event, context):
            boto3.client("s3").put_object(
                Bucket=os.environ["ANSWERS"], Key=event["detail-type"], Body=json.dumps(event))
      Environment: {Variables: {ANSWERS: !Ref Answers}}
      Policies: [{S3WritePolicy: {BucketName: !Ref Answers}}]
      Events:
        Ordered: {Type: EventBridgeRule, Properties: {Pattern: {source: [!Ref Source]}}}
        Hourly: {Type: Schedule, Properties: {Schedule: rate(1 hour)}}
"""


def test_rules_of_a_serverless_template_call_their_function(local: Any) -> None:
    stacks, s3, events = (local.client(name) for name in ("cloudformation", "s3", "events"))
    stack, answers, source = unique("rules"), unique("answers"), unique("shop")
    s3.create_bucket(Bucket=answers)
    values = {"Answers": answers, "Source": source}
    stacks.create_stack(
        StackName=stack,
        TemplateBody=RULES,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    assert ended(stacks, stack)["StackStatus"] == "CREATE_COMPLETE", reasons(stacks, stack)
    events.put_events(Entries=[{"Source": source, "DetailType": "Order", "Detail": "{}"}])

    def heard(count: int) -> set[str]:
        return until(  # type: ignore[no-any-return]
            lambda: {one["Key"] for one in s3.list_objects_v2(Bucket=answers).get("Contents", ())},
            lambda keys: len(keys) == count,
        )

    assert heard(1) == {"Order"}
    now = time.time()
    quiet = Terminal(quiet=True)
    scheduled = ScheduledRules(local.account, local.targets.deliver, quiet, clock=lambda: now)
    scheduled.tick()
    now += 3601
    scheduled.tick()
    assert heard(2) == {"Order", "Scheduled Event"}
    stacks.delete_stack(StackName=stack)
    until(
        lambda: [rule["Name"] for rule in events.list_rules()["Rules"] if rule["Name"].startswith(stack)],
        lambda names: names == [],
    )
