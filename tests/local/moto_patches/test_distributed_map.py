"""A distributed map fails when more of its items fail than it tolerates."""

from __future__ import annotations

import json

import pytest

from local.moto_patches.distributed_map import exceeds
from tests.local.conftest import unique, until


@pytest.mark.parametrize(
    ("failed", "count", "percentage", "expected"),
    [
        (0, 0, 0.0, False),
        (1, 0, 0.0, True),
        (2, 2, 0.0, False),
        (3, 2, 0.0, True),
        (5, 0, 50.0, False),
        (6, 0, 50.0, True),
        (3, 2, 50.0, True),
        (6, 9, 50.0, True),
        (2, 9, 50.0, False),
    ],
)
def test_failed_items_exceed_what_is_tolerated(failed, count, percentage, expected):
    assert exceeds(failed, 10, count=count, percentage=percentage) is expected


def run_map(local, mode="DISTRIBUTED", more=None):
    """Run a map over three items, of which the second fails."""
    odd = {"Variable": "$.n", "NumericEquals": 2, "Next": "Bad"}
    item = {
        "Which": {"Type": "Choice", "Choices": [odd], "Default": "Good"},
        "Bad": {"Type": "Fail", "Error": "Odd", "Cause": "the second item"},
        "Good": {"Type": "Pass", "End": True},
    }
    processor = {
        "ProcessorConfig": {"Mode": mode, "ExecutionType": "STANDARD"},
        "StartAt": "Which",
        "States": item,
    }
    state = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, "End": True, **(more or {})}
    caught = {"Type": "Pass", "Result": {"caught": 1}, "End": True}
    states, roles = local.client("stepfunctions"), local.client("iam").list_roles()["Roles"]
    machine = states.create_state_machine(
        name=unique("map"),
        roleArn=next(one["Arn"] for one in roles if "FlowRole" in one["RoleName"]),
        definition=json.dumps({"StartAt": "Each", "States": {"Each": state, "Caught": caught}}),
    )["stateMachineArn"]
    given = json.dumps({"items": [{"n": 1}, {"n": 2}, {"n": 3}]})
    arn = states.start_execution(stateMachineArn=machine, input=given)["executionArn"]
    return until(
        lambda: states.describe_execution(executionArn=arn), lambda found: found["status"] != "RUNNING"
    )


def test_one_failed_item_fails_a_map_that_tolerates_none(local):
    described = run_map(local)
    assert described["status"] == "FAILED"
    assert described["error"] == "States.ExceedToleratedFailureThreshold"
    assert "1 of 3 items failed" in described["cause"]


@pytest.mark.parametrize("more", [{"ToleratedFailureCount": 1}, {"ToleratedFailurePercentage": 50.0}])
def test_failed_items_that_are_tolerated_do_not_fail_the_map(local, more):
    assert run_map(local, more=more)["status"] == "SUCCEEDED"


def test_state_catches_the_error_of_a_map_by_its_name(local):
    catch = [{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "Next": "Caught"}]
    described = run_map(local, more={"Catch": catch})
    assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", {"caught": 1})
