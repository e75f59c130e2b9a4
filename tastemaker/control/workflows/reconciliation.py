"""Work that a record waits for, and what to do if nobody is at it any more.

A function may die between writing a record and starting its work; what Step Functions says of an execution's
end may be lost. Nobody would ever write to such a record again, so that it is looked after from outside: by
`lambdas/control/reconciliation.py`, which asks Step Functions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tastemaker.control.core import statuses
from tastemaker.control.core.arns import work_name
from tastemaker.control.core.context import Desk
from tastemaker.control.core.records import Record
from tastemaker.errors import ResourceInUse

PENDING = (statuses.PENDING, statuses.JOB_PENDING, statuses.DELETE_PENDING)


@dataclass(frozen=True)
class Waiting:
    """An execution of `workflow` with the input `request`. `execution` is its ARN once it has begun,
    before that the name that it is started with; `since` when the record was written last."""

    workflow: str
    execution: str
    request: dict[str, Any]
    begun: bool
    since: float


def work_under_way(desk: Desk, record: Record) -> Iterator[Waiting]:
    """What a record, and an update of it, wait for. A deletion that failed waits for a person."""
    body, kind = record.body, desk.kinds[record.kind]
    last = body.get("lastUpdatedDateTime", record.created_at)
    begun = record.status not in PENDING
    if record.status in statuses.DELETING:
        if "failureReason" not in body:
            name = body.get("_execution") if begun else None
            name = name or work_name(record.arn, last)
            yield Waiting("delete", name, {"arn": record.arn}, begun, last)
        return
    if kind.workflow is None:
        return
    request = kind.work_request(record)
    if record.status in statuses.MOVING:
        name = body.get("_execution") if begun else None
        name = name or work_name(record.arn, record.created_at)
        yield Waiting(kind.workflow, name, request, begun, last)
    for update in record.updates.values():
        if update["status"] in statuses.MOVING:
            begun = "_execution" in update
            name = update["_execution"] if begun else work_name(record.arn, update["creationDateTime"])
            yield Waiting(kind.workflow, name, request, begun, update["lastUpdatedDateTime"])


def start_again(desk: Desk, record: Record, waiting: Waiting) -> None:
    """Start work that never was. Raises WorkError, Conflict."""
    kind = desk.kinds[record.kind]
    if waiting.workflow == "delete":
        try:
            kind.check_unused(
                desk, record
            )  # as Delete does: somebody may have come before the status changed
        except ResourceInUse:
            desk.change(record, status=statuses.ACTIVE)
            return
    elif record.status in PENDING:
        kind.begin_work(desk, record)  # which may have had more to do than to start
        return
    desk.work.start(waiting.workflow, waiting.execution, waiting.request)
