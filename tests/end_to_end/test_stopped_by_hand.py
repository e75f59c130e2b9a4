"""An execution that is stopped in the Step Functions console does not leave its record in progress."""

import time
from typing import Any

import pytest

from tests.end_to_end import shop
from tests.end_to_end.store import WAIT_SECONDS, Store


@pytest.fixture(scope="module")
def store(endpoint: str) -> Store:
    store = Store(endpoint, "stopped-by-hand")
    store.load("Interactions", shop.interactions_csv())
    return store


def test_training_that_is_stopped_in_the_console_fails_with_the_reason(store: Store) -> None:
    solution = store.personalize.create_solution(
        name=store.name,
        datasetGroupArn=store.group,
        recipeArn="arn:aws:personalize:::recipe/aws-user-personalization-v2",
        performAutoTraining=False,
    )["solutionArn"]
    version = store.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    stop_execution_of(store.client("stepfunctions"), version)

    deadline = time.time() + WAIT_SECONDS
    described: dict[str, Any] = {"status": "CREATE PENDING"}
    while "FAILED" not in described["status"] and time.time() < deadline:
        time.sleep(0.2)
        described = store.personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    assert described["status"] == "CREATE FAILED"
    assert "ABORTED" in described["failureReason"]


def stop_execution_of(states: Any, arn: str) -> None:
    """Stop the running execution whose input names the resource."""
    (train,) = (
        machine["stateMachineArn"]
        for machine in states.list_state_machines()["stateMachines"]
        if machine["name"].endswith("-train")
    )
    deadline = time.time() + WAIT_SECONDS
    while time.time() < deadline:
        for row in states.list_executions(stateMachineArn=train, statusFilter="RUNNING")["executions"]:
            if arn in states.describe_execution(executionArn=row["executionArn"])["input"]:
                states.stop_execution(executionArn=row["executionArn"])
                return
        time.sleep(0.1)
    raise AssertionError(f"no execution trains {arn}")
