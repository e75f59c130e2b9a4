"""An account whose services answer by moto, or by stubs that botocore's models validate."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from deployment.preflight.finding import Account
from deployment.synthesis import Template
from infrastructure.stage import parse

REGION = "eu-west-1"
NUMBER = "123456789012"
USER = f"arn:aws:iam::{NUMBER}:user/dev/ann"
TEMPLATE = {
    "Rules": {
        "CheckBootstrapVersion": {
            "Assertions": [
                {
                    "Assert": {
                        "Fn::Not": [
                            {"Fn::Contains": [["1", "2", "3", "4", "5"], {"Ref": "BootstrapVersion"}]}
                        ]
                    }
                }
            ]
        }
    },
    "Resources": {
        "Runtime": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"FunctionName": "tastemaker-dev-runtime", "MemorySize": 3008},
        },
        "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {}},
    },
}


@pytest.fixture
def aws(aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS in memory, in a region that is not the default of the project."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)


Make = Callable[..., Account]


@pytest.fixture
def make(aws) -> Make:
    """An account with a stage of these settings. `stubs` has clients that do not ask moto."""

    def make(
        stage: dict[str, Any] | None = None,
        *,
        caller: str = USER,
        region: str = REGION,
        stubs: dict[str, Any] | None = None,
        resources: dict[str, Any] | None = None,
    ) -> Account:
        def client(service: str) -> Any:
            return (stubs or {}).get(service) or boto3.client(service, region_name=region)

        body = {**TEMPLATE, "Resources": {**TEMPLATE["Resources"], **(resources or {})}}
        return Account(Template(parse("dev", stage or {}), body), region, NUMBER, caller, client)

    return make


@pytest.fixture
def stubbed(aws) -> Iterator[Callable[..., Any]]:
    """A client that expects these calls, in order: (operation, answer, parameters)."""
    stubbers = []

    def stub(service: str, *calls: tuple[str, dict[str, Any], dict[str, Any]]) -> Any:
        client = boto3.client(service, region_name=REGION)
        stubber = Stubber(client)
        for operation, answer, parameters in calls:
            stubber.add_response(operation, answer, parameters)
        stubber.activate()
        stubbers.append(stubber)
        return client

    yield stub
    for stubber in stubbers:
        stubber.assert_no_pending_responses()
