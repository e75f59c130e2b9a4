"""The execution of a plan: independent steps at the same time, each as soon as what it needs is ready.

One loop starts what can start and looks at what goes on; the service works in parallel. A plan that was
interrupted is made again from what exists, so nothing is remembered here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.control.core.records import Record
from tastemaker.control.resources.campaign import LATEST
from tastemaker.declaration.desired import differences
from tastemaker.declaration.file.api import (
    EXISTS,
    IN_USE,
    LIMIT,
    NOT_FOUND,
    Api,
    ApiError,
    arn_in,
    described,
    listed,
)
from tastemaker.declaration.file.planning import FAILURES, Plan, PlannedStep, request_for
from tastemaker.declaration.plan import CREATE, DELETE, NOTHING, REFUSAL, REPLACEMENT, UPDATE
from tastemaker.declaration.types import TYPES
from tastemaker.declaration.updates import update_calls

DELETED, READY, FAILED, BLOCKED, STARTED = "deleted", "ready", "failed", "not started", "started"
"""States in which a task ends. STARTED: it goes on in the service, and nobody waits for it."""
MAX_STALLED = 30
"""Looks at a deletion that the service refuses while nothing else goes on, until it counts as failed."""


@dataclass(frozen=True)
class Progress:
    """What happened to a step. `text` is a status of the service, or what the step waits for."""

    step: PlannedStep
    text: str
    state: str = ""


@dataclass
class Outcome:
    """How a plan ended. `arns` has what exists, by ID; `failures` have the reason by ID."""

    arns: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether nothing has failed."""
        return not self.failures


@dataclass
class _Task:
    """A deletion or a creation of one step. `needs` are the keys of tasks that must end first."""

    key: str
    step: PlannedStep
    deletes: bool
    needs: set[str] = field(default_factory=set)
    state: str = ""
    arn: str | None = None
    begun: bool = False
    said: str = ""
    stalled: int = 0


@dataclass(frozen=True)
class Limits:
    """How a plan is executed. `wait` waits for everything; otherwise only for what other steps need.

    `poll_seconds` is the first pause between two looks. It grows to `max_poll_seconds` while nothing ends.
    """

    wait: bool = False
    seconds: float = 6 * 3600.0
    poll_seconds: float = 0.2
    max_poll_seconds: float = 5.0


class Applying:
    """The execution of one plan."""

    def __init__(
        self,
        api: Api,
        plan: Plan,
        *,
        limits: Limits,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        report: Callable[[Progress], None] = lambda progress: None,
    ) -> None:
        self.api, self.limits, self._clock, self._sleep, self._report = api, limits, clock, sleep, report
        self.outcome = Outcome()
        self._tasks = {task.key: task for task in _tasks(plan)}
        self._needed = {key for task in self._tasks.values() for key in task.needs}

    def run(self) -> Outcome:
        """Perform every step, or as much as is possible. What failed is in the outcome."""
        end, pause = self._clock() + self.limits.seconds, self.limits.poll_seconds
        while True:
            open_tasks = [task for task in self._tasks.values() if not task.state]
            if not open_tasks:
                return self.outcome
            if self._clock() > end:
                for task in open_tasks:
                    self._fail(task, f"not finished after {self.limits.seconds:.0f} seconds: {task.said}")
                return self.outcome
            ended = [task for task in open_tasks if self._advance(task)]
            if ended:
                pause = self.limits.poll_seconds
            else:
                self._sleep(pause)
                pause = min(1.5 * pause, self.limits.max_poll_seconds)

    def _advance(self, task: _Task) -> bool:
        """Do what can be done now. Returns whether the task has ended."""
        states = {key: self._tasks[key].state for key in task.needs}
        failed = [key for key, state in states.items() if state in (FAILED, BLOCKED)]
        if failed:
            names = ", ".join(self._tasks[key].step.id for key in failed)
            self._end(task, BLOCKED, f"not started, because of {names}")
        elif all(state in (READY, DELETED) for state in states.values()):
            try:
                (self._delete if task.deletes else self._make)(task)
            except ApiError as error:
                self._refused(task, error)
        return bool(task.state)

    # --- creations and updates ---

    def _make(self, task: _Task) -> None:
        step = task.step
        if not task.begun:
            task.arn = self._begin(task)
            if task.arn is None:
                return
            task.begun = True
            self.outcome.arns[step.id] = task.arn
        if step.action == NOTHING and not self._must_wait(task):
            self._end(task, READY, "")
            return
        record = described(self.api, step.type, task.arn or "")
        if record is None:
            self._fail(task, "it was deleted meanwhile")
        else:
            self._look(task, record)

    def _begin(self, task: _Task) -> str | None:
        """Call the operation of a step. Returns the ARN; None if it must be called later."""
        step = task.step
        if step.action in (CREATE, REPLACEMENT):
            request = self._request(task)
            if request is None:
                return None
            arn = arn_in(step.type, self.api.call(f"Create{step.type}", request))
            self._say(task, "created")
            return arn
        assert step.record is not None
        if step.action == UPDATE:
            wanted = request_for(step, self.outcome.arns)
            if step.type.startswith("Batch"):
                wanted["solutionVersionArn"] = step.record.body["solutionVersionArn"]
            found = [
                one
                for one in differences(TYPES[step.type], wanted, step.record)
                if one.path in {planned.path for planned in step.differences}
            ]
            for operation, call in update_calls(step.record, wanted, found):
                self.api.call(operation, call)
            self._say(task, "updated")
        return step.record.arn

    def _request(self, task: _Task) -> dict[str, Any] | None:
        """The Create request; None while it waits for the first version of a solution."""
        request = request_for(task.step, self.outcome.arns)
        given = str(request.get("solutionVersionArn", ""))
        if not given.endswith(LATEST):
            return request
        if task.step.type == "Campaign" and self.api.accepts("CreateCampaign", "awaitFirstVersion"):
            return {**request, "awaitFirstVersion": True}
        solution = given.removesuffix(LATEST)
        for summary in listed(self.api, "SolutionVersion", solution):
            if summary["status"] == statuses.ACTIVE:
                latest = task.step.type == "Campaign"
                return request if latest else {**request, "solutionVersionArn": summary["solutionVersionArn"]}
        self._say(task, "waits for the first solution version")
        return None

    def _look(self, task: _Task, record: Record) -> None:
        update = next((one for one in record.updates.values() if _is_new(one, task.step)), None)
        if record.status in FAILURES:
            self._fail(task, str(record.body.get("failureReason", record.status)))
        elif update is not None and update["status"] == statuses.FAILED:
            reason = update.get("failureReason", "no reason is known")
            self._fail(task, f"the update failed, and the resource is as before: {reason}")
        elif not record.has_pending_work:
            self._end(task, READY, record.status or "")
        elif self._must_wait(task):
            self._say(task, str(record.status if record.in_transition else "updating"))
        else:
            self._end(task, STARTED, str(record.status if record.in_transition else "updating"))

    def _must_wait(self, task: _Task) -> bool:
        return self.limits.wait or task.key in self._needed

    # --- deletions ---

    def _delete(self, task: _Task) -> None:
        step = task.step
        assert step.record is not None
        request = {TYPES[step.type].arn_member: step.record.arn}
        if not task.begun:
            if step.type == "Solution":
                self._stop_trainings(step.record.arn)
            self.api.call(f"Delete{step.type}", request)
            task.begun = True
        record = described(self.api, step.type, step.record.arn)
        if record is None:
            self._end(task, DELETED, "deleted")
        elif record.status in statuses.DELETING and "failureReason" in record.body:
            self._fail(task, str(record.body["failureReason"]))
        else:
            self._say(task, str(record.status))

    def _stop_trainings(self, solution: str) -> None:
        for summary in listed(self.api, "SolutionVersion", solution):
            if summary["status"] in (statuses.PENDING, statuses.IN_PROGRESS):
                self.api.call(
                    "StopSolutionVersionCreation", {"solutionVersionArn": summary["solutionVersionArn"]}
                )

    # --- common ---

    def _refused(self, task: _Task, error: ApiError) -> None:
        """End the task, unless the service only says that it must wait."""
        if error.code == NOT_FOUND and task.deletes:
            self._end(task, DELETED, "deleted")
        elif error.code == IN_USE or (error.code == LIMIT and _counts_in_transition(task.step)):
            busy = any(one.begun and not one.state for one in self._tasks.values())
            task.stalled = 0 if busy else task.stalled + 1
            if task.deletes and task.stalled >= MAX_STALLED:
                self._fail(task, error.message)
            else:
                self._say(task, error.message)
        elif error.code == EXISTS and task.step.action == CREATE and task.step.record is not None:
            self._say(task, "waits until the old one is deleted")
        elif error.code == EXISTS:
            self._fail(
                task,
                f"{error.message} It is in another dataset group, so declare another name; or it was made "
                "since the plan, so run the command again.",
            )
        else:
            self._fail(task, f"{error.message} ({error.code})")

    def _fail(self, task: _Task, reason: str) -> None:
        self.outcome.failures[task.step.id] = reason
        self._end(task, FAILED, reason)

    def _end(self, task: _Task, state: str, text: str) -> None:
        task.state = state
        self.outcome.states[task.step.id] = state
        if text and not (task.step.action == NOTHING and state == READY):
            self._report(Progress(task.step, text, state))

    def _say(self, task: _Task, text: str) -> None:
        if text != task.said:
            task.said = text
            self._report(Progress(task.step, text))


def _tasks(plan: Plan) -> Iterator[_Task]:
    """The tasks of a plan, with what each one needs."""
    made = {step.id: step for step in plan.steps if step.action not in (DELETE, REFUSAL)}
    deleted = [step for step in plan.steps if step.action in (DELETE, REPLACEMENT)]
    order = list(TYPES)
    for step in deleted:
        later = {_deletion(other) for other in deleted if order.index(other.type) > order.index(step.type)}
        yield _Task(_deletion(step), step, True, later)
    for step in made.values():
        needs = {id for id in (step.one.needs if step.one else ()) if id in made}
        own = {_deletion(step)} if step.action == REPLACEMENT else set()
        yield _Task(step.id, step, False, needs | own)


def _deletion(step: PlannedStep) -> str:
    return f"delete {step.id}"


def _is_new(update: Mapping[str, Any], step: PlannedStep) -> bool:
    """Whether an update is not the one from before this plan."""
    earlier = () if step.record is None else step.record.updates.values()
    before = [one.get("creationDateTime") for one in earlier]
    return step.action == UPDATE and update.get("creationDateTime") not in before


def _counts_in_transition(step: PlannedStep) -> bool:
    return TYPES[step.type].kept is not None
