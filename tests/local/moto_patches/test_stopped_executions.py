"""StopExecution ends an execution ABORTED, whatever the interpreter is about to evaluate."""

from __future__ import annotations

import itertools
import json
import threading
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from tests.local.conftest import unique, until

LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:tiny-echo"
PASS = {"Type": "Pass", "End": True}
WAIT = {"One": {"Type": "Wait", "Seconds": 30, "End": True}}
RETRY = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2}]
CATCH = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]


def call(**more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": LAMBDA, "Payload.$": "$"},
        "ResultSelector": {"payload.$": "$.Payload"},
        "ResultPath": "$.answer",
        "TimeoutSeconds": 60,
        **more,
    }


def over_items(mode: dict[str, Any]) -> dict[str, Any]:
    processor = {"ProcessorConfig": mode, "StartAt": "Item", "States": {"Item": call(End=True)}}
    return {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 1, "ItemProcessor": processor}


MACHINES = {
    "task": {"One": call(Retry=RETRY, Catch=CATCH, Next="Two"), "Two": PASS, "Caught": PASS},
    "parallel": {
        "One": {
            "Type": "Parallel",
            "Branches": [{"StartAt": name, "States": {name: call(End=True)}} for name in "AB"],
            "Next": "Two",
        },
        "Two": PASS,
    },
    "map": {"One": {**over_items({"Mode": "INLINE"}), "Next": "Two"}, "Two": PASS},
    "distributed map": {
        "One": {**over_items({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}), "Next": "Two"},
        "Two": PASS,
    },
}


@pytest.fixture
def dead_threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Errors that ended threads."""
    found: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: found.append(repr(args.exc_value)))
    return found


class Stopper:
    """Stops an execution right before the interpreter's evaluation number `at`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._evaluate = EvalComponent.eval
        self._lock = threading.Lock()
        monkeypatch.setattr(EvalComponent, "eval", lambda component, env: self._eval(component, env))
        self.arm("", 0)

    def arm(self, machine: str, at: int) -> None:
        self.machine, self.at, self.count, self.stopped = machine, at, 0, False

    def _eval(self, component: Any, env: Any) -> None:
        context = env.states.context_object.context_object_data
        if context["StateMachine"]["Id"] == self.machine:
            with self._lock:
                self.count += 1
                if self.count == self.at:
                    self.stopped = True
                    execution_of(self.machine, context["Execution"]["Id"]).stop(None, None, None)
        self._evaluate(component, env)


def execution_of(machine: str, arn: str) -> Any:
    backend = stepfunctions_parser_backends["123456789012"]["us-east-1"]
    (found,) = (one for one in backend.describe_state_machine(machine).executions if one.exec_arn == arn)
    return found


def end_of(states: Any, machine: str, given: dict[str, Any]) -> dict[str, Any]:
    arn = states.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]
    return until(
        lambda: states.describe_execution(executionArn=arn), lambda found: found["status"] != "RUNNING"
    )


def machine_of(local: Any, machine: dict[str, Any]) -> str:
    roles = local.client("iam").list_roles()["Roles"]
    return local.client("stepfunctions").create_state_machine(
        name=unique("stopped"),
        roleArn=next(one["Arn"] for one in roles if "FlowRole" in one["RoleName"]),
        definition=json.dumps({"StartAt": "One", "States": machine}),
    )["stateMachineArn"]


@pytest.mark.parametrize("name", MACHINES)
def test_execution_that_is_stopped_before_an_evaluation_is_aborted(name, local, monkeypatch, dead_threads):
    states, machine, stopper = (
        local.client("stepfunctions"),
        machine_of(local, MACHINES[name]),
        Stopper(monkeypatch),
    )
    for at in itertools.count(1):
        stopper.arm(machine, at)
        described = end_of(states, machine, {"items": [{"n": 1}, {"n": 2}]})
        if not stopped_at(stopper, described):
            break
        events = states.get_execution_history(executionArn=described["executionArn"])["events"]
        assert [e["type"] for e in events if "Failed" in e["type"] and "MapRun" not in e["type"]] == []
        assert events[-1]["type"] == "ExecutionAborted"
        assert dead_threads == []
    assert at > 10


def stopped_at(stopper: Stopper, described: dict[str, Any]) -> bool:
    """Whether the stop came before the end; the status is ABORTED then, else SUCCEEDED."""
    assert described["status"] == ("ABORTED" if stopper.stopped else "SUCCEEDED"), (stopper.at, described)
    return stopper.stopped


def test_stop_of_a_training_task_stops_its_job(local, lake, monkeypatch, dead_threads):
    local.client("s3").put_object(Bucket=lake, Key="input/a.txt", Body=b"alpha")
    states, sagemaker, stopper = (
        local.client("stepfunctions"),
        local.client("sagemaker"),
        Stopper(monkeypatch),
    )
    machine = local.account.arn("states", "stateMachine:tiny-train")
    for at in itertools.count(1):
        job = unique("job")
        stopper.arm(machine, at)
        described = end_of(states, machine, {"job": job, "mode": "ok"})
        if not stopped_at(stopper, described):
            break
        for summary in sagemaker.list_training_jobs(NameContains=job)["TrainingJobSummaries"]:
            name = summary["TrainingJobName"]
            until(
                lambda name=name: sagemaker.describe_training_job(TrainingJobName=name),
                lambda found: found["TrainingJobStatus"] in ("Stopped", "Completed"),
            )
        assert dead_threads == []
    assert at > 10


def test_stop_right_after_start_is_not_lost(local):
    states = local.client("stepfunctions")
    backend = stepfunctions_parser_backends[local.account.id][local.account.region]
    machine = machine_of(local, WAIT)
    for _ in range(20):
        execution = backend.start_execution(machine, unique("execution"), "{}")
        execution.stop(None, None, None)
        described = until(
            lambda arn=execution.exec_arn: states.describe_execution(executionArn=arn),
            lambda found: found["status"] != "RUNNING",
        )
        assert described["status"] == "ABORTED"
