"""Updates: a part of the parent's record (`latestCampaignUpdate` and the like) with a status of its own.

The parent stays ACTIVE and keeps its old configuration until the update is ACTIVE.
"""

from typing import Any

from tastemaker.control.core import statuses
from tastemaker.control.core.context import Desk
from tastemaker.control.core.records import Record
from tastemaker.errors import ResourceInUse

Update = dict[str, Any]


def begun(desk: Desk, **members: Any) -> Update:
    """A new update that waits for its work."""
    now = desk.now()
    return {**members, "status": statuses.PENDING, "creationDateTime": now, "lastUpdatedDateTime": now}


def applied(desk: Desk, **members: Any) -> Update:
    """A new update that needed no work."""
    return {**begun(desk, **members), "status": statuses.ACTIVE}


def moved(desk: Desk, update: Update, status: str, reason: str | None = None) -> Update:
    """An update with another status, and its `failureReason` if it failed."""
    changed = {**update, "status": status, "lastUpdatedDateTime": desk.now()}
    return changed if reason is None else {**changed, "failureReason": reason}


def taken(desk: Desk, record: Record, member: str, execution: str, *, failed: bool = True) -> Record | None:
    """The record with its update in progress by this execution, if there is one to work on: it waits, it is
    under way, or (`failed`) it failed and a person has started the work again. None if there is none."""
    update = record.body.get(member)
    if update is None or update["status"] == statuses.ACTIVE:
        return None
    if update["status"] == statuses.FAILED and not failed:
        return None
    if update["status"] == statuses.IN_PROGRESS and update.get("_execution") == execution:
        return record
    again = {name: value for name, value in update.items() if name != "failureReason"}
    again["_execution"] = execution
    return desk.change(record, **{member: moved(desk, again, statuses.IN_PROGRESS)})


def check_settled(record: Record, member: str) -> None:
    """Raises ResourceInUse while an earlier update is under way."""
    update = record.body.get(member)
    if update is not None and update["status"] in statuses.MOVING:
        raise ResourceInUse(
            f"An update of {record.arn} has the status {update['status']}; wait until it has ended."
        )
