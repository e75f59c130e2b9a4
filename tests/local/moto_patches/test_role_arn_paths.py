"""A role in the parameters of a task that a path names."""

from __future__ import annotations

import json

import pytest

from tests.local.conftest import unique, until


@pytest.fixture
def output(local):
    """Run a Pass state with parameters: its output."""
    states, iam = local.client("stepfunctions"), local.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName=unique("states"), AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )["Role"]["Arn"]

    def call(parameters, given):
        definition = {
            "StartAt": "Only",
            "States": {"Only": {"Type": "Pass", "Parameters": parameters, "End": True}},
        }
        machine = states.create_state_machine(
            name=unique("paths"), roleArn=role, definition=json.dumps(definition)
        )["stateMachineArn"]
        started = states.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]
        run = until(
            lambda: states.describe_execution(executionArn=started),
            lambda described: described["status"] != "RUNNING",
        )
        assert run["status"] == "SUCCEEDED", run.get("cause")
        return json.loads(run["output"])

    return call


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("$.role", "arn:aws:iam::123456789012:role/a"),
        ("$.roles[1]", "b"),
        ("States.Format('arn:{}', $.roles[0])", "arn:a"),
        ("$$.State.Name", "Only"),
    ],
)
def test_role_is_what_the_path_or_function_finds(output, text, role):
    parameters = {"JobName.$": "$.name", "RoleArn.$": text, "Nested": {"RoleArn.$": text}, "roleArn": "r"}
    given = {"name": "n", "role": "arn:aws:iam::123456789012:role/a", "roles": ["a", "b"]}
    assert output(parameters, given) == {
        "JobName": "n",
        "RoleArn": role,
        "Nested": {"RoleArn": role},
        "roleArn": "r",
    }
