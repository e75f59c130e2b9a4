"""Jobs whose work may run again: batch jobs, exports, data deletions.

Their steps write the same things when they are repeated. An execution that was stopped, or that failed, can
therefore be started again with the same input: the newer execution claims the job.
"""

from contextlib import suppress
from typing import ClassVar

from tastemaker.contracts import statuses
from tastemaker.contracts.lake_layout import failure_reason
from tastemaker.control.core.lifecycle import execution_of
from tastemaker.control.core.records import Record
from tastemaker.control.core.resource_type import ResourceType
from tastemaker.errors import ResourceInUse


class Job(ResourceType):
    """A resource type with a workflow that may run again until it has succeeded once."""

    name_member = "jobName"
    verbs = ("Create", "Describe", "List")
    first_status = statuses.PENDING
    claimed_status: ClassVar[str] = statuses.IN_PROGRESS

    def folder(self, record: Record) -> str | None:
        """The folder in the lake that the job uses while it runs; None if it needs none."""
        return None

    def claim_job(self, record: Record, execution: str) -> Record:
        """Claim a job for an execution. Raises ResourceInUse if the job has succeeded."""
        if record.status == self.claimed_status and execution_of(record) == execution:
            return record
        if record.status not in (self.first_status, self.claimed_status, self.failed_status):
            raise ResourceInUse(f"{record.arn} has the status {record.status}; a job succeeds once.")
        folder = self.folder(record)
        if record.status == self.failed_status and folder is not None:
            self.context.ports.lake.write(failure_reason(folder), "")  # the reason of the earlier failure
        return self.mark_claimed(record, self.claimed_status, execution)

    def fail(self, record: Record, reason: str) -> None:
        """Store why the work failed.

        Step Functions does not report why one of many parallel tasks failed, so the task has left the reason
        in the job's folder.
        """
        if record.status not in (self.first_status, self.claimed_status):
            return
        folder = self.folder(record)
        if folder is not None:
            with suppress(LookupError):
                reason = self.context.ports.lake.read(failure_reason(folder)) or reason
        self.context.writer.change(record, status=self.failed_status, failureReason=reason)
