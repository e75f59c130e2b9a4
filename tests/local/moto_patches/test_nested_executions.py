"""State machines that start others, as the CDK's StepFunctionsStartExecution writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import unique, until

STARTS = "arn:aws:states:::states:startExecution"


@pytest.fixture(scope="module")
def role(local: Any) -> str:
    """A role that may start and watch executions."""
    iam, name = local.client("iam"), unique("starter")
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": ["states:*", "events:PutEvents"], "Resource": "*"}
    created = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=document(allowed))
    return str(created)


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def result(local: Any, role: str):
    """Creates a state machine of one or more states, runs it, and returns how it ended."""
    client = local.client("stepfunctions")

    def call(states: dict[str, Any], given: Any = None, *, only_create: bool = False) -> Any:
        definition = json.dumps({"StartAt": next(iter(states)), "States": states})
        arn = client.create_state_machine(name=unique("nested"), definition=definition, roleArn=role)
        if only_create:
            return arn["stateMachineArn"]
        started = client.start_execution(
            stateMachineArn=arn["stateMachineArn"], input=json.dumps(given or {})
        )
        return until(
            lambda: client.describe_execution(executionArn=started["executionArn"]),
            lambda found: found["status"] != "RUNNING",
        )

    return call


def start(child: str, pattern: str = "", **more: Any) -> dict[str, Any]:
    parameters = {"StateMachineArn": child, "Input": {"n.$": "$.n"}}
    return {"Type": "Task", "Resource": STARTS + pattern, "Parameters": parameters, "End": True, **more}


def test_task_waits_for_the_other_execution_and_returns_its_output_as_json(result: Any) -> None:
    child = result({"Only": {"Type": "Pass", "End": True}}, only_create=True)
    selected = {"Answer.$": "$.Output.n", "Status.$": "$.Status", "Input.$": "$.Input"}
    ended = result({"Start": start(child, ".sync:2", ResultSelector=selected)}, {"n": 3})
    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"]) == {"Answer": 3, "Status": "SUCCEEDED", "Input": {"n": 3}}


def test_task_returns_the_output_as_text_in_the_first_version(result: Any) -> None:
    child = result({"Only": {"Type": "Pass", "End": True}}, only_create=True)
    ended = result({"Start": start(child, ".sync")}, {"n": 3})
    assert json.loads(json.loads(ended["output"])["Output"]) == {"n": 3}


def test_task_that_does_not_wait_returns_the_arn_of_the_execution(result: Any) -> None:
    child = result({"Only": {"Type": "Pass", "End": True}}, only_create=True)
    ended = result({"Start": start(child)}, {"n": 3})
    assert json.loads(ended["output"])["ExecutionArn"].startswith(child.replace("stateMachine", "execution"))


def test_failure_of_the_other_execution_reaches_the_catch_of_a_parallel_state(result: Any) -> None:
    child = result({"Only": {"Type": "Fail", "Error": "Teapot", "Cause": "short"}}, only_create=True)
    branch = {"StartAt": "Start", "States": {"Start": start(child, ".sync:2")}}
    caught = [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}]
    states = {
        "Both": {"Type": "Parallel", "Branches": [branch], "Catch": caught, "End": True},
        "Caught": {"Type": "Pass", "Parameters": {"error.$": "$.Error"}, "End": True},
    }
    ended = result(states, {"n": 3})
    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"]) == {"error": "States.TaskFailed"}


@pytest.mark.parametrize("output", ["done", None])
def test_output_that_is_a_text_or_null_is_json(result: Any, output: str | None) -> None:
    ended = result({"Only": {"Type": "Pass", "Result": output, "End": True}})
    assert json.loads(ended["output"]) == output


def test_timeout_in_a_branch_is_not_caught_as_a_failed_task(result: Any) -> None:
    child = result({"Only": {"Type": "Wait", "Seconds": 20, "End": True}}, only_create=True)
    branch = {"StartAt": "Start", "States": {"Start": start(child, ".sync:2", TimeoutSeconds=1)}}
    caught = [{"ErrorEquals": [f"States.{name}"], "Next": name} for name in ("TaskFailed", "Timeout")]
    states = {
        "Both": {"Type": "Parallel", "Branches": [branch], "Catch": caught, "End": True},
        **{one["Next"]: {"Type": "Pass", "Result": one["Next"], "End": True} for one in caught},
    }
    assert json.loads(result(states, {"n": 3})["output"]) == "Timeout"


def test_path_into_a_list_is_a_value(result: Any) -> None:
    selected = {"first.$": "$.versions[0].arn", "none.$": "$.versions[?(@.arn == 'x')]"}
    ended = result(
        {"Only": {"Type": "Pass", "Parameters": selected, "End": True}}, {"versions": [{"arn": "a"}]}
    )
    assert json.loads(ended["output"]) == {"first": "a", "none": []}


def test_unknown_name_of_an_error_is_refused_in_a_definition(result: Any) -> None:
    caught = [{"ErrorEquals": ["States.TaskFail"], "Next": "Only"}]
    with pytest.raises(ClientError):
        result({"Only": {**start("x"), "Catch": caught}}, only_create=True)


def test_sdk_task_of_event_bridge_sends_a_detail_that_is_an_object(result: Any) -> None:
    entry = {"Source": "test", "DetailType": "done", "Detail": {"n.$": "$.n"}}
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:eventbridge:putEvents",
        "Parameters": {"Entries": [entry]},
        "End": True,
    }
    ended = result({"Send": task}, {"n": 3})
    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"])["FailedEntryCount"] == 0
