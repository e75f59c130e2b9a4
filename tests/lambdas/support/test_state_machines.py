import json

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdas.support.state_machines import StateMachines
from tastemaker.control.core.ports import StartError


@pytest.fixture
def states(aws):
    return boto3.client("stepfunctions", "eu-west-1")


@pytest.fixture
def machine(states):
    definition = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    return states.create_state_machine(
        name="train", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/r"
    )["stateMachineArn"]


class Jobs:
    """SageMaker's stop_training_job: knows the jobs it is given."""

    def __init__(self, *known, code="ValidationException"):
        self.known, self.stopped, self.code = known, [], code

    def stop_training_job(self, TrainingJobName):  # noqa: N803 - as boto3 spells it
        if TrainingJobName not in self.known:
            raise ClientError({"Error": {"Code": self.code}}, "StopTrainingJob")
        self.stopped.append(TrainingJobName)


def test_same_name_starts_once(states, machine):
    work = StateMachines({"train": machine}, states)
    for _ in range(2):
        work.start("train", "name-1", {"solutionVersionArn": "arn"})
    (execution,) = states.list_executions(stateMachineArn=machine)["executions"]
    assert execution["name"] == "name-1"
    described = states.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(described["input"]) == {"solutionVersionArn": "arn"}


def test_start_raises_start_error(states, machine):
    with pytest.raises(StartError, match="no state machine for batch"):
        StateMachines({"train": machine}, states).start("batch", "n", {})
    with pytest.raises(StartError, match="could not be started"):
        StateMachines({"train": machine + "-gone"}, states).start("train", "n", {})


def test_stop_prefers_the_training_job(states, machine):
    jobs = Jobs("tastemaker-1")
    work = StateMachines({"train": machine}, states, jobs)
    assert work.stop("train", "name-1", "tastemaker-1") is True
    assert jobs.stopped == ["tastemaker-1"]


def test_stop_stops_the_execution_if_there_is_no_job(states, machine):
    work = StateMachines({"train": machine}, states, Jobs())
    work.start("train", "name-1", {})
    assert work.stop("train", "name-1", "tastemaker-1") is False
    (execution,) = states.list_executions(stateMachineArn=machine)["executions"]
    assert execution["status"] == "ABORTED"
    assert work.stop("train", execution["executionArn"], None) is False
    assert work.stop("train", "never-started", None) is False


def test_stop_raises_start_error(states, machine):
    work = StateMachines({"train": machine}, states, Jobs(code="AccessDeniedException"))
    with pytest.raises(StartError, match="tastemaker-1"):
        work.stop("train", "name-1", "tastemaker-1")


def test_describe_accepts_a_name_and_an_arn(states, machine):
    work = StateMachines({"train": machine}, states)
    assert work.describe("train", "name-1") is None
    work.start("train", "name-1", {"solutionVersionArn": "arn"})
    described = work.describe("train", "name-1")
    assert described is not None and json.loads(described["input"]) == {"solutionVersionArn": "arn"}
    assert work.describe("train", described["executionArn"])["executionArn"] == described["executionArn"]
    with pytest.raises(StartError, match="could not be described"):
        work.describe("train", "arn:nonsense")
