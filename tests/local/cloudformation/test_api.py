"""Stacks that a program makes itself: what nobody would create is refused, not called complete."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError


def template(**resources: str) -> str:
    return json.dumps({"Resources": {name: {"Type": kind} for name, kind in resources.items()}})


def test_stack_of_other_services_is_created(local) -> None:
    cloudformation = local.client("cloudformation")
    cloudformation.create_stack(StackName="workshop", TemplateBody=template(Data="AWS::S3::Bucket"))
    assert (
        cloudformation.describe_stacks(StackName="workshop")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    )


@pytest.mark.parametrize("operation", ["create_stack", "create_change_set"])
def test_stack_with_resources_of_personalize_is_refused(local, operation) -> None:
    cloudformation = local.client("cloudformation")
    more = {"ChangeSetName": "first", "ChangeSetType": "CREATE"} if operation == "create_change_set" else {}
    body = template(Data="AWS::S3::Bucket", Films="AWS::Personalize::Schema")
    with pytest.raises(ClientError, match=r"Unrecognized resource types: \[AWS::Personalize::Schema\]"):
        getattr(cloudformation, operation)(StackName="recommender", TemplateBody=body, **more)
