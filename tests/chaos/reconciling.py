"""Reconciliation under faults: the schedule runs it until no record is in transition."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from lambdas.control.reconciliation import GRACE_SECONDS, Reconciler
from lambdas.support.state_machines import StateMachines
from tastemaker.contracts.workflow_names import WORKFLOWS
from tests.chaos.scenario import MAX_EXECUTIONS, Scenario
from tests.infrastructure.account import functions
from tests.tastemaker.control.fakes import SCOPE

STATES = f"arn:aws:states:eu-west-1:{SCOPE.account}"
MACHINES = {name: f"{STATES}:stateMachine:tastemaker-{name}" for name in WORKFLOWS}


@dataclass
class Executions:
    """Step Functions, asked while no execution runs: what has begun has ended, without success.

    The scenario counts its executions, so their names are numbers.
    """

    begun: dict[str, dict[str, Any]] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:  # noqa: N803
        arn = f"{stateMachineArn.replace(':stateMachine:', ':execution:')}:{name}"
        if arn in self.begun:
            raise _error("ExecutionAlreadyExists", "StartExecution")
        self.begun[arn] = {"executionArn": arn, "status": "ABORTED", "input": input}
        self.waiting.append(arn)
        return {"executionArn": arn}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        if executionArn.rpartition(":")[2].isdecimal():
            return {"executionArn": executionArn, "status": "ABORTED"}
        if executionArn not in self.begun:
            raise _error("ExecutionDoesNotExist", "DescribeExecution")
        return self.begun[executionArn]


class Reconciliation:
    """The reconciliation of a scenario's records."""

    def __init__(self, scenario: Scenario) -> None:
        self.on, self.executions = scenario, Executions()
        self.notified: list[dict[str, Any]] = []
        machines, fake = StateMachines(MACHINES, self._client()), scenario.here.workflows
        workflows = SimpleNamespace(
            start=machines.start, stop=machines.stop, schedule=fake.schedule, unschedule=fake.unschedule
        )
        control = scenario.here.control.with_ports(workflows=workflows)
        self.reconciler = Reconciler(control, machines, self.notified.append)

    def until_settled(self) -> None:
        """Reconcile, and run what was started, until no record is in transition."""
        for _ in range(MAX_EXECUTIONS):
            with self.on.without_faults():
                if not self.on.in_transition():
                    return
            self.on.here.clock.now += GRACE_SECONDS
            self._attempt(self.reconciler.run)
            self._deliver()
            self._execute()
        raise AssertionError(f"still in transition after {MAX_EXECUTIONS} runs: {self.on.in_transition()}")

    def _deliver(self) -> None:
        """The steps function gets each event in a process of its own."""
        while self.notified:
            detail = self.notified.pop()["detail"]
            self._attempt(lambda detail=detail: functions().steps.settle(detail))  # type: ignore[misc]

    def _execute(self) -> None:
        while self.executions.waiting:
            arn = self.executions.waiting.pop()
            workflow, name = arn.split(":")[6].removeprefix("tastemaker-"), arn.split(":")[7]
            request = json.loads(self.executions.begun[arn]["input"])
            again, abort = self.on.random.choice([(True, False), (False, False), (False, True)])
            try:
                self.on.on.run(workflow, request, again=again, abort=abort, name=name)
            except Exception:
                self.on.attempts += 1
            self.on.jobs["reconciled"] += 1

    def _attempt(self, step: Callable[[], Any]) -> None:
        try:
            self.on._in_process(step)
        except Exception:
            self.on.attempts += 1

    def _client(self) -> SimpleNamespace:
        """The client of Step Functions, whose calls fail as others do."""

        def lossy(operation: str, perform: Callable[..., Any]) -> Callable[..., Any]:
            return lambda **params: self.on.faults.call(
                "stepfunctions", operation, params, lambda given: perform(**given)
            )

        return SimpleNamespace(
            start_execution=lossy("StartExecution", self.executions.start_execution),
            describe_execution=lossy("DescribeExecution", self.executions.describe_execution),
        )


def _error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "as AWS answers"}}, operation)
