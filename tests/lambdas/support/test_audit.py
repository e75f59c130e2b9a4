"""The audit log."""

import json
from typing import Any

import pytest

from lambdas.support import audit
from lambdas.support.http import serve
from tastemaker.errors import ResourceNotFound
from tastemaker.wire import Service

PREFIX = "arn:aws:personalize:eu-west-1:123456789012:"
CALLER = "arn:aws:sts::123456789012:assumed-role/Admin/ann"


def call(operation: str, body: dict[str, Any], run: Any, *, signed: bool = True) -> None:
    context: dict[str, Any] = {"requestId": "r-1", "http": {"method": "POST"}}
    if signed:
        context["authorizer"] = {"iam": {"userArn": CALLER, "accountId": "123456789012"}}
    event = {
        "rawPath": "/",
        "headers": {"x-amz-target": f"AmazonPersonalize.{operation}"},
        "body": json.dumps(body),
        "requestContext": context,
    }
    serve(Service("personalize"), event, {operation: run}, None, finish=audit.write)


def line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    lines = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    (entry,) = [entry for entry in lines if "audit" in entry]
    return dict(entry)


def test_creation_names_caller_operation_and_resources(capsys: pytest.CaptureFixture[str]) -> None:
    version, campaign = f"{PREFIX}solution/s/1", f"{PREFIX}campaign/c"
    request = {"name": "secret-name", "solutionVersionArn": version}
    call("CreateCampaign", request, lambda params: {"campaignArn": campaign})
    entry = line(capsys)
    time = entry.pop("time")
    assert time.endswith("Z") and len(time) == len("2026-11-28T19:00:00.000Z")
    assert entry == {
        "audit": 1,
        "caller": CALLER,
        "operation": "CreateCampaign",
        "resources": {"solutionVersionArn": version, "campaignArn": campaign},
        "requestId": "r-1",
        "status": 200,
        "outcome": "OK",
    }


def test_refused_call_has_the_code_of_its_error(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(params: Any) -> None:
        raise ResourceNotFound("no such campaign")

    call("DescribeCampaign", {"campaignArn": f"{PREFIX}campaign/c"}, refuse, signed=False)
    entry = line(capsys)
    assert (entry["status"], entry["outcome"]) == (400, "ResourceNotFoundException")
    assert (entry["caller"], entry["resources"]) == (None, {"campaignArn": f"{PREFIX}campaign/c"})


def test_failed_call_and_invalid_call_are_written_too(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(params: Any) -> None:
        raise KeyError("x")

    call("DescribeCampaign", {"campaignArn": f"{PREFIX}campaign/c"}, fail)
    assert line(capsys)["outcome"] == "InternalServerError"
    call("DescribeCampaign", {"campaignArn": 5}, fail)
    entry = line(capsys)
    assert (entry["status"], entry["resources"]) == (400, {})
