"""The steps of the state machines: begin, succeed, fail, settle and remove. Every step may run twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.contracts.plans import DeletePlan
from tastemaker.contracts.workflow_names import DELETE, REFRESH, TRAIN, WORKFLOWS
from tastemaker.control.core.conflicts import repeat_on_conflict
from tastemaker.control.core.control_plane import ControlPlane
from tastemaker.control.core.lifecycle import execution_of
from tastemaker.control.core.records import Record
from tastemaker.control.core.resource_type import ResourceType
from tastemaker.control.workflows.failure_reasons import reason_of
from tastemaker.control.workflows.reconciliation import pending_executions
from tastemaker.control.workflows.refreshes import RefreshLifecycle
from tastemaker.errors import InvalidInput, ResourceNotFound

Document = Mapping[str, Any]


@dataclass(frozen=True)
class WorkflowSteps:
    """The steps of all workflows.

    `workflow` is a key of `WORKFLOWS`, `request` the input of the execution, `plan` what `begin` returned ({}
    if it failed), and `execution` the ARN of the execution.
    """

    control: ControlPlane

    def begin(self, workflow: str, request: Document, execution: str) -> Document:
        """Claim the subject and return the plan; `{"skip": True}` if there is nothing to do."""
        return repeat_on_conflict(lambda: self._begin(workflow, request, execution))

    def succeed(self, workflow: str, request: Document, plan: Document, result: Document) -> None:
        """Publish what the work has produced."""

        def step() -> None:
            record = self._subject(workflow, request, plan)
            self._lifecycle(workflow, record).succeed(record, plan, result)

        if not plan.get("skip"):
            repeat_on_conflict(step)

    def fail(
        self, workflow: str, request: Document, plan: Document, error: Document | None, execution: str
    ) -> None:
        """Store why the work failed. What served before goes on serving."""
        repeat_on_conflict(lambda: self._fail(workflow, request, plan, reason_of(error), execution))

    def settle(self, workflow: str, request: Document, error: Document | None, execution: str) -> None:
        """Store why an execution ended without success, perhaps without its failure step.

        A person may have stopped it, it may have timed out, or the steps themselves have failed. If the
        subject no longer waits for this execution, nothing happens.
        """

        def step() -> None:
            try:
                record = self._subject(workflow, request, self._made_by(request, execution))
            except (InvalidInput, ResourceNotFound):
                return
            if self._waits_for(workflow, record, execution):
                self._fail(workflow, request, {"arn": record.arn}, reason_of(error), execution)

        repeat_on_conflict(step)

    def remove(self, request: Document) -> None:
        """Remove the record of a deleted resource: the last step of a deletion."""

        def step() -> None:
            record = self.control.records.get(request["arn"])
            if record is not None and record.status in statuses.DELETING:
                self.control.writer.remove(record)

        repeat_on_conflict(step)

    def _begin(self, workflow: str, request: Document, execution: str) -> Document:
        if workflow == DELETE:
            return self._begin_deletion(request, execution)
        if workflow == TRAIN and "solutionVersionArn" not in request and "recommenderArn" not in request:
            if "solutionArn" not in request:
                raise InvalidInput('The input must be {"solutionVersionArn": "…"} or {"solutionArn": "…"}.')
            version = self._versions.create_for_execution(request, execution)
            return {"skip": True} if version is None else self._versions.begin(version, request, execution)
        record = self._subject(workflow, request, {})
        return self._lifecycle(workflow, record).begin(record, request, execution)

    def _begin_deletion(self, request: Document, execution: str) -> DeletePlan:
        record = self.control.records.find_any(request["arn"])
        resource_type = self.control.resource_types[record.resource_type]
        if record.status not in statuses.DELETING:
            raise InvalidInput(
                f"{record.arn} has the status {record.status}; delete it through the API first."
            )
        if record.status == statuses.DELETE_PENDING:
            record = resource_type.mark_claimed(record, statuses.DELETE_IN_PROGRESS, execution)
        return {"arn": record.arn, **resource_type.owned_data(record)}

    def _waits_for(self, workflow: str, record: Record, execution: str) -> bool:
        if workflow == DELETE:
            return "failureReason" not in record.body
        if self.control.resource_types[record.resource_type].is_claimed_by(record, execution):
            return True
        # An execution that never reached its first step is known by the name that it was started with.
        names = execution, execution.rpartition(":")[2]
        return any(one.execution in names for one in pending_executions(self.control, record))

    def _fail(self, workflow: str, request: Document, plan: Document, reason: str, execution: str) -> None:
        try:
            record = self._subject(workflow, request, plan or self._made_by(request, execution))
        except (InvalidInput, ResourceNotFound):
            return  # the input was wrong, or the record is gone: there is nothing to store the reason on
        if workflow == DELETE:
            if record.status in statuses.DELETING:
                self.control.writer.change(record, failureReason=reason)
            return
        claimed = record.status in (statuses.IN_PROGRESS, statuses.JOB_IN_PROGRESS)
        running = execution_of(record) if claimed else None
        if running in (None, execution):  # a second execution that was refused does not fail the first one
            self._lifecycle(workflow, record).fail(record, reason)

    def _made_by(self, request: Document, execution: str) -> Document:
        arn = self._versions.arn_for_execution(request, execution)
        return {} if arn is None else {"arn": arn}

    def _subject(self, workflow: str, request: Document, plan: Document) -> Record:
        subjects = WORKFLOWS[workflow].subjects
        arn = plan.get("arn") or next((request[name] for name in subjects if name in request), None)
        if arn is None:
            raise InvalidInput(f"The input must have {' or '.join(subjects)}.")
        return self.control.records.find_any(arn)

    def _lifecycle(self, workflow: str, record: Record) -> ResourceType | RefreshLifecycle:
        if workflow == REFRESH:
            return RefreshLifecycle(self.control)
        return self.control.resource_types[record.resource_type]

    @property
    def _versions(self) -> ResourceType:
        return self.control.resource_types["SolutionVersion"]
