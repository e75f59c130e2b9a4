"""A user's own state machine calls Personalize by Step Functions' `aws-sdk` tasks."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import boto3

SECONDS = 60


def task(action: str, **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::aws-sdk:personalize:{action}", **more}


def test_state_machine_creates_awaits_and_deletes_a_group(endpoint: str):
    name = f"machine-{uuid.uuid4().hex[:8]}"
    by_arn = {"DatasetGroupArn.$": "$.group.DatasetGroupArn"}
    states = {
        "Create": task(
            "createDatasetGroup", Parameters={"Name": name}, ResultPath="$.group", Next="Describe"
        ),
        "Describe": task(
            "describeDatasetGroup",
            Parameters=by_arn,
            ResultPath="$.described",
            Catch=[{"ErrorEquals": ["Personalize.ResourceNotFoundException"], "Next": "Gone"}],
            Next="Active",
        ),
        "Active": {
            "Type": "Choice",
            "Choices": [
                {
                    "Variable": "$.described.DatasetGroup.Status",
                    "StringEquals": "ACTIVE",
                    "Next": "Delete",
                }
            ],
            "Default": "Describe",
        },
        "Delete": task("deleteDatasetGroup", Parameters=by_arn, ResultPath=None, Next="Describe"),
        "Gone": {"Type": "Pass", "End": True},
    }
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = boto3.client("iam", endpoint_url=endpoint).create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    boto3.client("iam", endpoint_url=endpoint).attach_role_policy(
        RoleName=name, PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonPersonalizeFullAccess"
    )
    client = boto3.client("stepfunctions", endpoint_url=endpoint)
    machine = client.create_state_machine(
        name=name, definition=json.dumps({"StartAt": "Create", "States": states}), roleArn=role
    )["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=machine, input="{}")["executionArn"]

    end = time.monotonic() + SECONDS
    while (ended := client.describe_execution(executionArn=execution))["status"] == "RUNNING":
        assert time.monotonic() < end, ended
        time.sleep(0.2)
    assert ended["status"] == "SUCCEEDED", (ended.get("error"), ended.get("cause"))
    caught = json.loads(ended["output"])
    assert caught["Error"] == "Personalize.ResourceNotFoundException"
    assert f"dataset-group/{name}" in caught["Cause"]
