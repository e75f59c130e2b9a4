"""Updates: a part of a record (`latestCampaignUpdate` and the like) that has a status of its own.

The resource stays ACTIVE and keeps its old configuration until the update is ACTIVE.
"""

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.contracts.arns import execution_name
from tastemaker.control.core.context import Context
from tastemaker.control.core.ports import StartError
from tastemaker.control.core.records import Record
from tastemaker.errors import ResourceInUse

Update = dict[str, Any]


def new_update(context: Context, **members: Any) -> Update:
    """A new update that waits for its workflow."""
    now = context.now()
    return {**members, "status": statuses.PENDING, "creationDateTime": now, "lastUpdatedDateTime": now}


def applied(context: Context, **members: Any) -> Update:
    """A new update that is in force at once."""
    return {**new_update(context, **members), "status": statuses.ACTIVE}


def with_status(context: Context, update: Update, status: str, reason: str | None = None) -> Update:
    """An update with another status, and its `failureReason` if it has failed."""
    changed = {**update, "status": status, "lastUpdatedDateTime": context.now()}
    return changed if reason is None else {**changed, "failureReason": reason}


def pending(record: Record, member: str) -> Update | None:
    """The update that is in transition, or None."""
    update: Update | None = record.body.get(member)
    return update if update is not None and update["status"] in statuses.IN_TRANSITION else None


def execution_of_update(update: Update) -> str | None:
    """The ARN of the execution that has claimed an update; None before that."""
    return update.get("_execution")


def ensure_settled(record: Record, member: str) -> None:
    """Raises ResourceInUse while an earlier update is in transition."""
    update = pending(record, member)
    if update is not None:
        raise ResourceInUse(
            f"An update of {record.arn} has the status {update['status']}; wait until it has ended."
        )


def claim_update(
    context: Context, record: Record, member: str, execution: str, *, failed: bool = True
) -> Record | None:
    """Claim the update of a record for an execution.

    An update can be claimed if it is in transition, or, unless `failed` is False, if it has failed and a
    person has started the workflow again. None if there is no such update.
    """
    update: Update | None = record.body.get(member)
    if update is None or update["status"] == statuses.ACTIVE:
        return None
    if update["status"] == statuses.FAILED and not failed:
        return None
    if update["status"] == statuses.IN_PROGRESS and execution_of_update(update) == execution:
        return record
    again = {name: value for name, value in update.items() if name != "failureReason"}
    again["_execution"] = execution
    return context.writer.change(record, **{member: with_status(context, again, statuses.IN_PROGRESS)})


def start_update(
    context: Context, record: Record, member: str, update: Update, workflow: str, request: Mapping[str, Any]
) -> Record:
    """Store a new update and start its workflow. If it cannot start, the update gets the reason."""
    record = context.writer.change(record, **{member: update})
    try:
        context.ports.workflows.start(
            workflow, execution_name(record.arn, update["creationDateTime"]), request
        )
    except StartError as error:
        failed = with_status(context, update, statuses.FAILED, str(error))
        record = context.writer.change(record, **{member: failed})
    return record
