"""State machines whose definition is an object in a bucket."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.cloudformation.stacks import ResourceFailedError
from tests.local.cloudformation.conftest import request
from tests.local.conftest import unique

DEFINITION = {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": True}}}
ROLE = "arn:aws:iam::123456789012:role/anything"


@pytest.fixture
def bucket(local: Any) -> str:
    name = unique("definitions")
    local.client("s3").create_bucket(Bucket=name)
    return name


@pytest.mark.parametrize(
    "text",
    [json.dumps(DEFINITION), "StartAt: Only\nStates:\n  Only:\n    Type: Pass\n    End: true\n"],
    ids=["json", "yaml"],
)
def test_definition_in_a_bucket_is_read(local, types, bucket, text) -> None:
    local.client("s3").put_object(Bucket=bucket, Key="machine", Body=text.encode())
    place = {"Bucket": bucket, "Key": "machine"}
    made = types.create(request("AWS::StepFunctions::StateMachine", RoleArn=ROLE, DefinitionS3Location=place))
    found = local.client("stepfunctions").describe_state_machine(stateMachineArn=made.ref)
    assert json.loads(found["definition"]) == DEFINITION


def test_definition_that_is_not_there_is_the_reason(types, bucket) -> None:
    place = {"Bucket": bucket, "Key": "none"}
    with pytest.raises(ResourceFailedError, match="NoSuchKey"):
        types.create(request("AWS::StepFunctions::StateMachine", RoleArn=ROLE, DefinitionS3Location=place))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("StartAt: Only\nStates:\n  Only: {Type: Wait, Timestamp: 2030-01-02T03:04:05Z, End: true}", None),
        (
            '{"StartAt": "Only", "States": {"Only": {"Type": "Wait", "Seconds": ${Seconds}, "End": true}}}',
            {"Type": "Wait", "Seconds": 7, "End": True},
        ),
    ],
    ids=["YAML with a timestamp", "JSON with a placeholder for a number"],
)
def test_definition_in_a_bucket_is_a_text_until_its_placeholders_have_values(
    local, types, bucket, text, wanted
) -> None:
    wanted = wanted or {"Type": "Wait", "Timestamp": "2030-01-02T03:04:05Z", "End": True}
    local.client("s3").put_object(Bucket=bucket, Key="machine", Body=text.encode())
    place = {"DefinitionS3Location": {"Bucket": bucket, "Key": "machine"}}
    substitutions = {"DefinitionSubstitutions": {"Seconds": 7}}
    made = types.create(request("AWS::StepFunctions::StateMachine", RoleArn=ROLE, **place, **substitutions))
    found = local.client("stepfunctions").describe_state_machine(stateMachineArn=made.ref)
    assert json.loads(found["definition"])["States"]["Only"] == wanted


@pytest.mark.parametrize("text", ["StartAt: [", "a sentence"])
def test_definition_that_is_no_definition_is_refused_with_its_place(local, types, bucket, text) -> None:
    local.client("s3").put_object(Bucket=bucket, Key="machine", Body=text.encode())
    place = {"Bucket": bucket, "Key": "machine"}
    with pytest.raises(ResourceFailedError, match=f"s3://{bucket}/machine is neither JSON nor YAML"):
        types.create(request("AWS::StepFunctions::StateMachine", RoleArn=ROLE, DefinitionS3Location=place))
