"""A function that answers for custom resources, and stacks of the local run."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloudformation.other_types import OtherTypes
from local.cloudformation.stacks import ResourceRequest
from tests.local.conftest import unique, until
from tests.local.functions.conftest import create

__all__ = ["create"]  # a fixture of the functions, for bucket notifications

CODE = '''
import json, urllib.request

def handle(event, context):
    """Answer with the name as the physical ID. A thing with the name `wrong` fails."""
    properties = event["ResourceProperties"]
    name = properties["Name"]
    good = name != "wrong" or event["RequestType"] == "Delete"
    answer = {
        "Status": "SUCCESS" if good else "FAILED",
        "Reason": "this name is wrong",
        "PhysicalResourceId": name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": {"Name": name},
    }
    body = json.dumps(answer).encode()
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], body, method="PUT"))
'''


def create_function(client: Callable[[str], Any], account: str = "123456789012") -> str:
    """The ARN of a new function that answers for custom resources."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = client("iam").create_role(RoleName="things", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("things.py", CODE)
    created = client("lambda").create_function(
        FunctionName="things",
        Runtime="python3.13",
        Role=role,
        Handler="things.handle",
        Timeout=30,
        Code={"ZipFile": code.getvalue()},
    )
    return str(created["FunctionArn"])


@pytest.fixture(scope="session")
def thing(local: Any) -> Callable[..., dict[str, Any]]:
    """A custom resource of a template."""
    token = create_function(local.client)

    def declared(name: Any = "thing", **more: Any) -> dict[str, Any]:
        return {"Type": "Custom::Thing", "Properties": {"ServiceToken": token, "Name": name}, **more}

    return declared


def refused(cloudformation: Any, body: dict[str, Any], reason: str) -> None:
    """Check that a template is refused with a reason before anything is created."""
    name = unique("refused")
    with pytest.raises(ClientError, match=reason):
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=json.dumps(body),
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName=name)


def ended(cloudformation: Any, stack: str) -> dict[str, Any]:
    """A stack after its operation has ended."""
    return dict(
        until(
            lambda: cloudformation.describe_stacks(StackName=stack)["Stacks"][0],
            lambda found: not found["StackStatus"].endswith("_IN_PROGRESS"),
        )
    )


def reasons(cloudformation: Any, stack: str) -> str:
    """The reasons of all events of a stack, one a line."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    events = [event for page in pages for event in page["StackEvents"]]
    return "\n".join(event.get("ResourceStatusReason", "") for event in events)


@pytest.fixture
def types(local: Any) -> OtherTypes:
    return OtherTypes(local.account)


def request(kind: str, **properties: Any) -> ResourceRequest:
    return ResourceRequest("arn:aws:cloudformation:::stack/s/1", "s", unique("a"), kind, properties)


def changed(before: ResourceRequest, physical_id: str, **properties: Any) -> ResourceRequest:
    now = {**before.properties, **properties}
    return replace(before, properties=now, old=before.properties, physical_id=physical_id)
