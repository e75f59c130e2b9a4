"""The policy linter `parliament`, and the policies of a template with the ARNs filled in."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from importlib.resources import files
from types import ModuleType
from typing import Any

from tests.infrastructure.conftest import Template

ARNS = {
    "AWS::OpenSearchServerless::Collection": "arn:aws:aoss:eu-west-1:123456789012:collection/abc123",
    "AWS::CloudWatch::Alarm": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:x",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:us-east-1:123456789012:table/x",
    "AWS::EMRServerless::Application": "arn:aws:emr-serverless:us-east-1:123456789012:/applications/x",
    "AWS::Events::EventBus": "arn:aws:events:us-east-1:123456789012:event-bus/x",
    "AWS::IAM::Role": "arn:aws:iam::123456789012:role/x",
    "AWS::KMS::Key": "arn:aws:kms:us-east-1:123456789012:key/x",
    "AWS::Kinesis::Stream": "arn:aws:kinesis:us-east-1:123456789012:stream/x",
    "AWS::KinesisFirehose::DeliveryStream": "arn:aws:firehose:us-east-1:123456789012:deliverystream/x",
    "AWS::Lambda::Alias": "arn:aws:lambda:us-east-1:123456789012:function:x:live",
    "AWS::Lambda::Function": "arn:aws:lambda:us-east-1:123456789012:function:x",
    "AWS::Logs::LogGroup": "arn:aws:logs:us-east-1:123456789012:log-group:x:*",
    "AWS::S3::Bucket": "arn:aws:s3:::x",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:us-east-1:123456789012:stateMachine:x",
}
REF_IS_ARN = ("AWS::StepFunctions::StateMachine", "AWS::Lambda::Alias")
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012"}


def lint(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The findings about a policy document as (issue, detail)."""
    if "pkg_resources" not in sys.modules:  # parliament asks it for two files; setuptools has dropped it
        module = ModuleType("pkg_resources")
        module.resource_filename = lambda package, name: str(files(package).joinpath(name))  # type: ignore[attr-defined]
        sys.modules["pkg_resources"] = module
    with (
        warnings.catch_warnings()
    ):  # it leaves two files open, and its regular expressions are not raw strings
        warnings.simplefilter("ignore")
        from parliament import analyze_policy_string

    found = analyze_policy_string(json.dumps(document))
    yield from ((finding.issue, json.dumps(finding.detail)) for finding in found.findings)


def policies(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each statement of each role's policy, as (logical id of the policy, a document of its own)."""
    types = {id: resource["Type"] for id, resource in template.body["Resources"].items()}
    for id, policy in template.of_type("AWS::IAM::Policy").items():
        for statement in policy["PolicyDocument"]["Statement"]:
            yield id, {"Version": "2012-10-17", "Statement": [_filled(statement, types)]}


def _filled(value: Any, types: dict[str, str]) -> Any:
    match value:
        case {"Ref": name}:
            # `Ref` of most resources is a name.
            return PSEUDO.get(name) or (ARNS[types[name]] if types.get(name) in REF_IS_ARN else "x")
        case {"Fn::GetAtt": [name, "Arn"]}:
            return ARNS[types[name]]
        case {"Fn::GetAtt": _}:
            return "x"
        case {"Fn::FindInMap": _}:
            return PSEUDO["AWS::AccountId"]
        case {"Fn::Join": [separator, parts]}:
            return separator.join(_filled(part, types) for part in parts)
        case {"Fn::Sub": str(text)}:
            for name, filled in PSEUDO.items():
                text = text.replace(f"${{{name}}}", filled)
            return text
        case dict():
            return {name: _filled(one, types) for name, one in value.items()}
        case list():
            return [_filled(one, types) for one in value]
    return value
