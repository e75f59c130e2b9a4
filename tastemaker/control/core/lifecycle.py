"""The lifecycle of a resource type: what the steps of its workflow do. Every step may run twice."""

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.control.core.declaration import Request
from tastemaker.control.core.operations import Operations
from tastemaker.control.core.records import Record


class Lifecycle(Operations):
    """The steps of a workflow, for one resource type. A type with a workflow overrides `begin` and `succeed`.

    `execution` is the ARN of an execution in Step Functions.
    """

    def begin(self, record: Record, request: Request, execution: str) -> Mapping[str, Any]:
        """Mark the record as in progress and return the plan; `{"skip": True}` if nothing is left to do."""
        raise NotImplementedError(f"{self.name} has no workflow")

    def succeed(self, record: Record, plan: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Store what the work has produced. `plan` is what `begin` returned."""
        raise NotImplementedError(f"{self.name} has no workflow")

    def fail(self, record: Record, reason: str) -> None:
        """Store why the work failed. What served before goes on serving."""
        if record.status in (statuses.PENDING, statuses.IN_PROGRESS):
            self.context.writer.change(record, status=statuses.FAILED, failureReason=reason)

    def claim(self, record: Record, execution: str) -> Record | None:
        """Claim a record for an execution: PENDING, or FAILED and started again, becomes IN_PROGRESS.

        Claiming again for the same execution changes nothing. None if the record is past this point, or if
        another execution works on it.
        """
        if record.status in (statuses.PENDING, statuses.FAILED):
            return self.mark_claimed(record, statuses.IN_PROGRESS, execution)
        if record.status == statuses.IN_PROGRESS and execution_of(record) == execution:
            return record
        return None

    def mark_claimed(self, record: Record, status: str, execution: str) -> Record:
        """Store a new status and the execution that has claimed the record."""
        return self.context.writer.change(record, status=status, failureReason=None, _execution=execution)

    def is_claimed_by(self, record: Record, execution: str) -> bool:
        """Whether an execution has claimed the record."""
        return execution_of(record) == execution

    def create_for_execution(self, request: Request, execution: str) -> Record | None:
        """The record that an execution makes from its input; None if it has nothing to do."""
        raise NotImplementedError(f"A {self.label} cannot be made by an execution")

    def arn_for_execution(self, request: Request, execution: str) -> str | None:
        """The ARN of the record that `create_for_execution` makes; None if the input does not ask for one."""
        return None


def execution_of(record: Record) -> str | None:
    """The ARN of the execution that has claimed a record."""
    return record.body.get("_execution")
