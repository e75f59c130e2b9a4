"""The steps of the state machines: begin, succeed, fail, remove. Each is safe to repeat."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from tastemaker.contracts.workflow_names import WORKFLOWS
from tastemaker.control.core import statuses
from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import Kind
from tastemaker.control.core.records import Record
from tastemaker.control.resources.solution_version import SolutionVersion
from tastemaker.control.workflows.failure_reasons import reason_of
from tastemaker.control.workflows.reconciliation import work_under_way
from tastemaker.control.workflows.refreshes import Refresh
from tastemaker.errors import Conflict, InvalidInput, ResourceNotFound

Document = Mapping[str, Any]
T = TypeVar("T")

_ATTEMPTS = 5


@dataclass(frozen=True)
class Workflows:
    """`workflow` is a key of `WORKFLOWS`; `request` the execution's input; `plan` what
    `begin`
    answered ({} if it failed).
    """

    desk: Desk

    def begin(self, workflow: str, request: Document, execution: str) -> dict[str, Any]:
        """Mark the subject as in progress and say what the work has to do. `{"skip": True}`: nothing."""
        return self._repeat(lambda: self._begin(workflow, request, execution))

    def succeed(self, workflow: str, request: Document, plan: Document, result: Document) -> None:
        """The work is done: publish what it made."""

        def step() -> None:
            record = self._subject(workflow, request, plan)
            self._life(workflow, record).succeed(self.desk, record, plan, result)

        if not plan.get("skip"):
            self._repeat(step)

    def fail(
        self, workflow: str, request: Document, plan: Document, error: Document | None, execution: str
    ) -> None:
        """The work failed: the subject says why, and what served before goes on."""
        self._repeat(lambda: self._fail(workflow, request, plan, reason_of(error), execution))

    def settle(self, workflow: str, request: Document, error: Document | None, execution: str) -> None:
        """An execution has ended badly, perhaps without its failure step: stopped by a person, out of
        time, or the
        steps themselves failed. If the subject still waits for this execution, it says why; else nothing
        happens.
        """

        def step() -> None:
            try:
                record = self._subject(workflow, request, self._version_made_by(request, execution))
            except (InvalidInput, ResourceNotFound):
                return
            if workflow == "delete":
                waits = "failureReason" not in record.body
            else:
                # An execution that never came to its first step is known by the name that it was started
                # with.
                mine = execution, execution.rpartition(":")[2]
                waits = execution in (record.body.get("_execution"), record.body.get("_training"))
                waits = waits or any(one.execution in mine for one in work_under_way(self.desk, record))
            if waits:
                self._fail(workflow, request, {"arn": record.arn}, reason_of(error), execution)

        self._repeat(step)

    def remove(self, request: Document) -> None:
        """The last step of a deletion."""

        def step() -> None:
            record = self.desk.repository.get(request["arn"])
            if record is not None and record.status in statuses.DELETING:
                self.desk.remove(record)

        self._repeat(step)

    def _begin(self, workflow: str, request: Document, execution: str) -> dict[str, Any]:
        desk = self.desk
        if workflow == "delete":
            return self._begin_deletion(request, execution)
        if workflow == "train" and "solutionVersionArn" not in request and "recommenderArn" not in request:
            if "solutionArn" not in request:
                raise InvalidInput('The input must be {"solutionVersionArn": "…"} or {"solutionArn": "…"}.')
            version = self._versions.create_for(desk, request, execution)
            if version is None:
                return {"skip": True}
            return self._versions.begin(desk, version, request, execution)
        record = self._subject(workflow, request, {})
        return self._life(workflow, record).begin(desk, record, request, execution)

    def _begin_deletion(self, request: Document, execution: str) -> dict[str, Any]:
        record = self.desk.find_any(request["arn"])
        if record.status not in statuses.DELETING:
            raise InvalidInput(
                f"{record.arn} has the status {record.status}; delete it through the API first."
            )
        if record.status == statuses.DELETE_PENDING:
            record = self.desk.change(record, status=statuses.DELETE_IN_PROGRESS, _execution=execution)
        return {"arn": record.arn, **self.desk.kinds[record.kind].belongings(self.desk, record)}

    def _fail(self, workflow: str, request: Document, plan: Document, reason: str, execution: str) -> None:
        try:
            record = self._subject(workflow, request, plan or self._version_made_by(request, execution))
        except (InvalidInput, ResourceNotFound):
            return  # nothing to write the reason on: the input was wrong, or the record is gone
        if workflow == "delete":
            if record.status in statuses.DELETING:
                self.desk.change(record, failureReason=reason)
            return
        begun = record.status in (statuses.IN_PROGRESS, statuses.JOB_IN_PROGRESS)
        running = record.body.get("_execution") if begun else None
        if running in (None, execution):  # a second execution that was refused says nothing about the first
            self._life(workflow, record).fail(self.desk, record, reason)

    def _version_made_by(self, request: Document, execution: str) -> Document:
        if "solutionArn" not in request:
            return {}
        return {"arn": self._versions.arn_for(self.desk, request["solutionArn"], execution)}

    def _subject(self, workflow: str, request: Document, plan: Document) -> Record:
        arn = plan.get("arn") or next(
            (request[name] for name in WORKFLOWS[workflow].subjects if name in request), None
        )
        if arn is None:
            raise InvalidInput(f"The input must have {' or '.join(WORKFLOWS[workflow].subjects)}.")
        return self.desk.find_any(arn)

    def _life(self, workflow: str, record: Record) -> Kind | Refresh:
        """Whose steps they are: those of the subject's kind, but a refresh changes no status."""
        return Refresh() if workflow == "refresh" else self.desk.kinds[record.kind]

    @property
    def _versions(self) -> SolutionVersion:
        kind = self.desk.kinds["SolutionVersion"]
        assert isinstance(kind, SolutionVersion)
        return kind

    def _repeat(self, step: Callable[[], T]) -> T:
        """Run a step again from the start while another writer is in the way."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return step()
            except Conflict:
                continue
        return step()
