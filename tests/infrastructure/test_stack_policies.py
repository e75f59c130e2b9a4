"""Every policy against AWS's list of actions, resource types and condition keys, as `parliament` has it."""

from __future__ import annotations

import json

import pytest

from tests.infrastructure.conftest import Template
from tests.infrastructure.parliament import lint, policies

ACCEPTED_MISMATCHES = {
    # The action takes one of several types of resources. The linter asks for all of them.
    *("states:DescribeExecution", "bedrock:InvokeModel"),
    # CDK grants these on the stream to the function that reads it, as Lambda documents them.
    *("kinesis:DescribeStreamConsumer", "kinesis:ListStreams", "kinesis:SubscribeToShard"),
    # AWS lists the resource type log-group for it. The linter's list is older.
    "logs:DescribeLogGroups",
}


def test_policies_have_no_findings(template: Template) -> None:
    found = [
        (id, issue, detail, statement["Statement"][0]["Action"])
        for id, statement in policies(template)
        for issue, detail in lint(statement)
        if not (issue == "RESOURCE_MISMATCH" and mismatched(detail) <= ACCEPTED_MISMATCHES)
    ]
    assert found == [], "\n".join(map(str, found))


def mismatched(detail: str) -> set[str]:
    return {one["action"] for one in json.loads(detail)}


@pytest.mark.parametrize(
    ("action", "resource", "issue"),
    [
        ("s3:ReadObject", "arn:aws:s3:::x/*", "UNKNOWN_ACTION"),
        ("s3:GetObject", "arn:aws:s3:::x", "RESOURCE_MISMATCH"),
        ("sagemaker:AddTags", "arn:sagemaker:x", "INVALID_ARN"),
    ],
)
def test_linter_finds_what_it_should(action: str, resource: str, issue: str) -> None:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    assert issue in [found for found, _ in lint({"Version": "2012-10-17", "Statement": [statement]})]
