"""Jobs whose work may be done again: batch jobs, exports, deletions.

Their steps write the same things when they are repeated, so an execution that was stopped, or that failed,
can be started again by hand with the same input: the newer execution takes the job over.
"""

from contextlib import suppress
from typing import ClassVar

from tastemaker.contracts.lake_layout import failure_reason
from tastemaker.control.core import statuses
from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import Kind
from tastemaker.control.core.records import Record
from tastemaker.errors import ResourceInUse


class Job(Kind):
    """A kind with a workflow that may run again until it has succeeded once."""

    name_member = "jobName"
    verbs = ("Create", "Describe", "List")
    first_status = statuses.PENDING
    moving_status: ClassVar[str] = statuses.IN_PROGRESS

    def folder(self, desk: Desk, record: Record) -> str | None:
        """Where in the lake the job keeps what it needs while it runs; None if nowhere."""
        return None

    def taken(self, desk: Desk, record: Record, execution: str) -> Record:
        """The record as one that is in progress by this execution. Raises ResourceInUse if it is done."""
        if record.status == self.moving_status and record.body.get("_execution") == execution:
            return record
        if record.status not in (self.first_status, self.moving_status, self.failed_status):
            raise ResourceInUse(f"{record.arn} has the status {record.status}; a job succeeds once.")
        folder = self.folder(desk, record)
        if record.status == self.failed_status and folder is not None:
            desk.lake.write(failure_reason(folder), "")  # what it said then is over
        return desk.change(record, status=self.moving_status, failureReason=None, _execution=execution)

    def fail(self, desk: Desk, record: Record, reason: str) -> None:
        """Of one of many pieces that failed Step Functions says only that it did: the piece left word."""
        if record.status not in (self.first_status, self.moving_status):
            return
        folder = self.folder(desk, record)
        if folder is not None:
            with suppress(LookupError):
                reason = desk.lake.read(failure_reason(folder)) or reason
        desk.change(record, status=self.failed_status, failureReason=reason)
