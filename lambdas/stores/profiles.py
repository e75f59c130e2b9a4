"""The profiles table: each user's (or session's) streamed events, in the order of time.

Items: profile `<dataset group>#<user or session>`, event `<sentAt in ms, 15 digits>#<event id>`, and the
event's members. The same event written twice is one item. Items disappear by their expiry time.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lambdas.stores.batch_writes import MOST_AT_ONCE, write_batch
from tastemaker.contracts.streamed_event import COLUMNS, StreamedEvent, partition_key
from tastemaker.contracts.table_keys import profile_key
from tastemaker.serving.history import LiveEvent

_IN_KEY = {"eventId", "userId", "sentAt", "datasetGroup"}
_MEMBERS = tuple((name, kind == "string") for name, kind in COLUMNS.items() if name not in _IN_KEY)
"""The members that an item has as attributes, and whether each is text."""


class ProfilesBusyError(Exception):
    """DynamoDB did not take all items in a reasonable time; writing them again is safe."""


class Profiles:
    """`client` is a low-level DynamoDB client: it is ready sooner than a resource."""

    def __init__(self, client: Any, table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client, self._table, self._sleep = client, table, sleep

    def newest(self, dataset_group: str, user: str, limit: int = 200) -> list[LiveEvent]:
        """The newest events of a user or session, newest first."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="profile = :profile",
            ProjectionExpression="event, itemId, eventType",
            ExpressionAttributeValues={":profile": {"S": profile_key(dataset_group, user)}},
            ScanIndexForward=False,
            Limit=limit,
        )
        return [_event(item) for item in answer["Items"]]

    def write(self, events: Iterable[StreamedEvent], *, expires_at: int) -> int:
        """Store events as the stream carries them. Returns how many distinct ones there were.

        Raises ProfilesBusyError when throttled for long.
        """
        items = {_key(item): item for item in (_item(event, expires_at) for event in events)}
        requests = [{"PutRequest": {"Item": item}} for item in items.values()]
        for start in range(0, len(requests), MOST_AT_ONCE):
            some = requests[start : start + MOST_AT_ONCE]
            if left := write_batch(self._client, self._table, some, sleep=self._sleep):
                raise ProfilesBusyError(f"{left} events could not be written to {self._table}")
        return len(requests)


def _event(item: Mapping[str, Any]) -> LiveEvent:
    milliseconds, _, event_id = item["event"]["S"].partition("#")
    return LiveEvent(
        event_id, item.get("itemId", {}).get("S"), item["eventType"]["S"], int(milliseconds) // 1000
    )


def _item(event: StreamedEvent, expires_at: int) -> dict[str, Any]:
    item = {
        "profile": {"S": profile_key(event["datasetGroup"], partition_key(event))},
        "event": {"S": f"{int(event['sentAt']) * 1000:015}#{event['eventId']}"},
        "expiresAt": {"N": str(expires_at)},
    }
    for member, is_text in _MEMBERS:
        value = event.get(member)
        if value is not None:
            item[member] = {"S": value} if is_text else {"N": repr(float(value))}
    return item


def _key(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["profile"]["S"], item["event"]["S"]
