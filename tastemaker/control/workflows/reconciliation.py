"""The executions that a record waits for, and how to start one that is missing.

A function may end between writing a record and starting its workflow, and the event about an execution's end
may be lost. Nothing would ever change such a record again, so `lambdas/control/reconciliation.py` compares
what records wait for with what Step Functions runs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.contracts.arns import execution_name
from tastemaker.control.core.context import Context
from tastemaker.control.core.control_plane import ControlPlane
from tastemaker.control.core.lifecycle import execution_of
from tastemaker.control.core.records import Record
from tastemaker.control.core.updates import execution_of_update
from tastemaker.errors import ResourceInUse

CREATING = (statuses.PENDING, statuses.JOB_PENDING)
PENDING = (statuses.PENDING, statuses.JOB_PENDING, statuses.DELETE_PENDING)


@dataclass(frozen=True)
class PendingExecution:
    """An execution of `workflow` with the input `request` that a record waits for.

    `claimed` says whether the execution has claimed the record. `execution` is then its ARN, and before that
    the name that it is started with. `since` is when the record was last written (seconds since 1970).
    """

    workflow: str
    execution: str
    request: dict[str, Any]
    claimed: bool
    since: float


def pending_executions(context: Context, record: Record) -> Iterator[PendingExecution]:
    """The executions that a record and its updates wait for.

    A deletion that has failed waits for a person instead.
    """
    body, declaration = record.body, context.declarations[record.resource_type]
    last = body.get("lastUpdatedDateTime", record.created_at)
    claimed = record.status not in PENDING
    if record.status in statuses.DELETING:
        if "failureReason" not in body:
            name = _claimant(record, claimed) or execution_name(record.arn, last)
            yield PendingExecution("delete", name, {"arn": record.arn}, claimed, last)
        return
    if declaration.workflow is None or not declaration.has_execution(record):
        return
    request = declaration.workflow_input(record)
    if record.in_transition:
        name = _claimant(record, claimed) or execution_name(record.arn, record.created_at)
        yield PendingExecution(declaration.workflow, name, request, claimed, last)
    for update in record.updates.values():
        if update["status"] in statuses.IN_TRANSITION:
            claimant, last = execution_of_update(update), update["lastUpdatedDateTime"]
            name = claimant or execution_name(record.arn, update["creationDateTime"])
            yield PendingExecution(declaration.workflow, name, request, claimant is not None, last)


def lacks_execution(context: Context, record: Record) -> bool:
    """Whether a new record has no execution that would change it: an alias, for example."""
    declaration = context.declarations[record.resource_type]
    has_workflow = declaration.workflow is not None
    return record.status in CREATING and has_workflow and not declaration.has_execution(record)


def restart(control: ControlPlane, record: Record, missing: PendingExecution) -> None:
    """Start an execution that was never started. Raises StartError or Conflict."""
    resource_type = control.resource_types[record.resource_type]
    if missing.workflow == "delete":
        try:
            resource_type.check_unused(record)  # as Delete does, which may have ended before it did
        except ResourceInUse:
            control.writer.change(record, status=statuses.ACTIVE)
            return
    elif record.status in PENDING:
        resource_type.start_workflow(record)  # which may also have to schedule recurring work
        return
    control.ports.workflows.start(missing.workflow, missing.execution, missing.request)


def _claimant(record: Record, claimed: bool) -> str | None:
    return execution_of(record) if claimed else None
