"""Status changes as events on EventBridge, so that applications need not poll."""

import json
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.support import clients
from lambdas.support.observability import log_exception, logger
from tastemaker.control.core.ports import StatusChange

SOURCE = "tastemaker"
DETAIL_TYPE = "Personalize resource status change"


class EventBus:
    """Puts an event on a bus for each status change.

    A failure is logged and not raised, because the change itself has been stored.
    """

    def __init__(self, name: str, client: Any = None) -> None:
        self.name = name
        self._given = client

    @cached_property
    def _client(self) -> Any:
        return self._given or clients.client("events")

    def __call__(self, change: StatusChange) -> None:
        """Put the event of one change."""
        entry = {
            "EventBusName": self.name,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Resources": [change.record.arn],
            "Detail": json.dumps(detail(change)),
        }
        try:
            answer = self._client.put_events(Entries=[entry])
        except (ClientError, BotoCoreError):
            log_exception("a status event was not delivered", resource=change.record.arn)
            return
        if answer.get("FailedEntryCount"):
            logger.error("a status event was not delivered", extra={"entries": answer["Entries"]})


def detail(change: StatusChange) -> dict[str, Any]:
    """The `detail` of an event.

    `update` names the update whose status has changed; it is absent if the record's own status has.
    `warnings` are sentences about a solution version that predicts badly, or about imported data.
    `report` says what an import did.
    """
    body = change.record.body
    holder = body.get(change.part, {}) if change.part else body
    content = {
        "resource": change.record.arn,
        "kind": change.record.resource_type,
        "name": body.get("name") or body.get("jobName"),
        "status": change.after,
        "previousStatus": change.before,
        "update": change.part,
        "failureReason": holder.get("failureReason"),
        "report": None if change.part else body.get("report"),
        "warnings": None if change.part else body.get("_warnings"),
    }
    return {name: value for name, value in content.items() if value is not None}
