"""The deletion of a declared resource, as a step that can be repeated."""

from __future__ import annotations

from collections.abc import Mapping

from tastemaker.contracts import statuses
from tastemaker.contracts.arns import execution_name
from tastemaker.control.core.control_plane import ControlPlane
from tastemaker.control.core.declaration import Operation
from tastemaker.control.core.lifecycle import execution_of
from tastemaker.control.core.records import Record
from tastemaker.declaration import ownership
from tastemaker.declaration.outcomes import Done, Failed, Outcome, Waiting
from tastemaker.declaration.types import TYPES


class Removal:
    """Deletes what a declaration has created, and releases what it has taken over."""

    def __init__(self, control: ControlPlane, operations: Mapping[str, Operation]) -> None:
        self.control = control
        self._operations = operations

    def step(self, arn: str | None, owner: str) -> Outcome:
        """Delete the resource, if it exists and belongs to the declaration.

        Raises ResourceInUse if something else must end or be deleted first.
        """
        record = None if arn is None else self.control.records.get(arn)
        if record is None or ownership.owner_of(record) != owner:
            return Done(None)
        declared = TYPES[record.resource_type]
        if ownership.ADOPTED in record.body or declared.kept is not None:
            self._stop(record)
            self._release(record.arn)
            return Done(None)
        if record.status in statuses.DELETING:
            if "failureReason" in record.body:
                reason = record.body["failureReason"]
                return Failed(f"{record.arn} could not be deleted: {reason}", record.arn)
            return Waiting(f"{record.arn} has the status {record.status}", record.arn)
        if self._stop(record):
            return Waiting(f"{record.arn} stops training", record.arn)
        self._operations[f"Delete{declared.name}"]({declared.arn_member: record.arn})
        if self.control.records.get(record.arn) is None:
            return Done(None)
        return Waiting(f"{record.arn} is being deleted", record.arn)

    def _release(self, arn: str) -> None:
        record = self.control.records.get(arn)
        if record is not None:
            self.control.writer.change_private(record, **dict.fromkeys(ownership.MEMBERS))

    def _stop(self, record: Record) -> bool:
        """Stop the trainings of a resource that is to be deleted. Returns whether there were any."""
        if ownership.ADOPTED in record.body:
            return False
        if record.resource_type == "SolutionVersion":
            return self._stop_version(record)
        if record.resource_type == "Solution":
            versions = self.control.records.each_current("SolutionVersion", record.arn)
            stopped = [self._stop_version(version) for version in list(versions)]
            return any(stopped)
        if record.resource_type == "Recommender" and record.in_transition:
            execution = execution_of(record) or execution_name(record.arn, record.created_at)
            self.control.ports.workflows.stop("train", execution, None)
            return True
        return False

    def _stop_version(self, version: Record) -> bool:
        if version.status in (statuses.PENDING, statuses.IN_PROGRESS):
            self._operations["StopSolutionVersionCreation"]({"solutionVersionArn": version.arn})
            stopped = self.control.records.get(version.arn)
            return stopped is not None and stopped.in_transition
        return version.in_transition
