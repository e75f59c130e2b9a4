"""The permissions of a request, without a run."""

import json

import pytest

from local.account import Account
from local.http.messages import Headers, Request
from local.iam.operations import Operation, operation
from local.iam.required_permissions import required_permissions

ACCOUNT = Account("http://127.0.0.1", "us-east-1")
ARN = "arn:aws:{}:us-east-1:123456789012:{}"


def request(
    service: str, target: str, body: dict | None = None, method: str = "POST", path: str = "/"
) -> Request:
    headers = Headers()
    headers.add(
        "authorization",
        f"AWS4-HMAC-SHA256 Credential=key/20261128/us-east-1/{service}/aws4_request, SignedHeaders=host, "
        "Signature=0",
    )
    if target:
        headers.add("x-amz-target", target)
    return Request(method, path, headers, json.dumps(body or {}).encode())


def needed(made: Request) -> list[tuple[str, str]]:
    found = required_permissions(made, operation(made), ACCOUNT)
    return [(permission.action, permission.resource) for permission in found]


@pytest.mark.parametrize(
    ("service", "target", "body", "expected"),
    [
        (
            "dynamodb",
            "DynamoDB_20120810.Query",
            {"TableName": "t", "IndexName": "by-kind"},
            [("dynamodb:Query", ARN.format("dynamodb", "table/t/index/by-kind"))],
        ),
        (
            "dynamodb",
            "DynamoDB_20120810.BatchGetItem",
            {"RequestItems": {"a": {}, "b": {}}},
            [("dynamodb:BatchGetItem", ARN.format("dynamodb", f"table/{name}")) for name in "ab"],
        ),
        (
            "states",
            "AWSStepFunctions.StartExecution",
            {"stateMachineArn": "arn:machine"},
            [("states:StartExecution", "arn:machine")],
        ),
        (
            "sagemaker",
            "SageMaker.CreateTrainingJob",
            {"TrainingJobName": "j", "RoleArn": "arn:role", "Tags": [{"Key": "a", "Value": "b"}]},
            [
                ("sagemaker:CreateTrainingJob", ARN.format("sagemaker", "training-job/j")),
                ("sagemaker:AddTags", ARN.format("sagemaker", "training-job/j")),
                ("iam:PassRole", "arn:role"),
            ],
        ),
        (
            "kinesis",
            "Kinesis_20131202.PutRecords",
            {"StreamName": "s", "Records": []},
            [("kinesis:PutRecords", ARN.format("kinesis", "stream/s"))],
        ),
    ],
)
def test_request_needs_its_action_on_its_resources(
    service: str, target: str, body: dict, expected: list[tuple[str, str]]
) -> None:
    assert needed(request(service, target, body)) == expected


def test_object_needs_the_action_of_its_method() -> None:
    assert needed(request("s3", "", method="GET", path="/lake/a%20b")) == [
        ("s3:GetObject", "arn:aws:s3:::lake/a b")
    ]
    assert needed(request("s3", "", method="PUT", path="/lake/a?uploadId=1&partNumber=1")) == [
        ("s3:PutObject", "arn:aws:s3:::lake/a")
    ]


def test_pass_role_says_which_service_gets_the_role() -> None:
    made = request(
        "sagemaker", "SageMaker.CreateTrainingJob", {"TrainingJobName": "j", "RoleArn": "arn:role"}
    )
    passed = required_permissions(made, operation(made), ACCOUNT)[-1]
    assert passed.context == {"iam:passedtoservice": ["sagemaker.amazonaws.com"]}


def test_unknown_operation_needs_a_permission_that_no_policy_gives() -> None:
    assert [one.action for one in required_permissions(request("kinesis", ""), None, ACCOUNT)] == [
        "kinesis:?"
    ]


def test_identity_of_the_caller_needs_no_permission() -> None:
    made = request("sts", "")
    assert required_permissions(made, Operation("sts", "GetCallerIdentity", {}), ACCOUNT) == []
