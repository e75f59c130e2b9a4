"""The profiles table for writing: the streamed events of each user or session, in the order of time.

An item has the key `profile` (event group and user or session), the sort key `event` (`sentAt` in
milliseconds, 15 digits, and the event's id) and the other members of the event. The same event written twice
is one item. Items expire. The table also lists the users and sessions of each event group (`profile_index`).

This module does without numpy, which readers of profiles need: the functions that write start faster.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from lambdas.stores.batch_writes import MAX_REQUESTS, TableBusyError, write_batch
from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.contracts.streamed_event import COLUMNS, StreamedEvent, partition_key
from tastemaker.contracts.table_keys import profile_index_of, profile_key

Item = dict[str, dict[str, str]]
"""An item with its attributes, as DynamoDB writes them."""

MAX_LISTED = 100_000
"""Users that a process remembers to have listed: some 20 MB."""
INDEX_GRACE_SECONDS = 30 * DAY_SECONDS
"""A user stays listed for so long after the last event has expired: an event may be delivered again late."""

OnRejected = Callable[[StreamedEvent, str], None]
"""Receives an event that cannot be stored, and the reason."""
INVALID = "ValidationException"
"""The code of DynamoDB's error for an item that breaks a limit."""


_IN_KEY = {"eventId", "userId", "sentAt", "datasetGroup"}
_ATTRIBUTES = {
    name: "S" if column_type == "string" else "N"
    for name, column_type in COLUMNS.items()
    if name not in _IN_KEY
}
"""The members that are attributes of an item, and their DynamoDB types."""


def expiry(arrived: float, days: int) -> int:
    """When an event expires that arrived at a time: at the end of a day, so that a day has one time.

    Times are in Unix seconds.
    """
    return (int(arrived) // DAY_SECONDS + 1 + days) * DAY_SECONDS


class ProfileWriter:
    """The table. `client` is a low-level DynamoDB client, which starts faster than a boto3 resource."""

    def __init__(self, client: Any, table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client, self._table, self._sleep = client, table, sleep
        self._listed: OrderedDict[tuple[str, str, int], None] = OrderedDict()

    def _list_users(self, events: Iterable[StreamedEvent], expires_at: int) -> None:
        """List the users and sessions of events, so that the profiles of a group are found without a scan.

        A process lists each of them once a day. They are listed before their events are stored.
        """
        keys = {(event["datasetGroup"], partition_key(event), expires_at) for event in events}
        new = [key for key in sorted(keys) if key not in self._listed]
        for start in range(0, len(new), MAX_REQUESTS):
            batch = new[start : start + MAX_REQUESTS]
            requests = [
                {
                    "PutRequest": {
                        "Item": {
                            "profile": {"S": profile_index_of(group, user)},
                            "event": {"S": user},
                            "expiresAt": {"N": str(expires_at + INDEX_GRACE_SECONDS)},
                        }
                    }
                }
                for group, user, _ in batch
            ]
            if left := write_batch(self._client, self._table, requests, sleep=self._sleep):
                raise TableBusyError(f"{left} users", self._table)
            self._listed.update(dict.fromkeys(batch))
        while len(self._listed) > MAX_LISTED:
            self._listed.popitem(last=False)

    def write(
        self, events: Iterable[StreamedEvent], *, expires_at: int, on_rejected: OnRejected | None = None
    ) -> int:
        """Store events, which expire at a time in Unix seconds. Returns the number of distinct events.

        Calls `on_rejected` with each event that cannot be an item of the table, and the reason, and stores
        the others. Without it such an event raises the error. Raises TableBusyError.
        """
        items: dict[tuple[str, str], tuple[Item, StreamedEvent]] = {}
        for event in events:
            try:
                item = _item(event, expires_at)
            except (TypeError, ValueError, OverflowError) as error:
                if on_rejected is None:
                    raise
                on_rejected(event, str(error))
                continue
            items[_key(item)] = item, event
        found = list(items.values())
        self._list_users((event for _, event in found), expires_at)
        for start in range(0, len(found), MAX_REQUESTS):
            self._write(found[start : start + MAX_REQUESTS], on_rejected)
        return len(found)

    def _write(self, batch: list[tuple[Item, StreamedEvent]], on_rejected: OnRejected | None) -> None:
        """Write one batch. DynamoDB rejects a batch for one bad item, so the halves are tried alone then."""
        requests = [{"PutRequest": {"Item": item}} for item, _ in batch]
        try:
            left = write_batch(self._client, self._table, requests, sleep=self._sleep)
        except ClientError as error:
            if on_rejected is None or error.response["Error"]["Code"] != INVALID:
                raise
            if len(batch) == 1:
                on_rejected(batch[0][1], error.response["Error"]["Message"])
                return
            middle = len(batch) // 2
            self._write(batch[:middle], on_rejected)
            self._write(batch[middle:], on_rejected)
            return
        if left:
            raise TableBusyError(f"{left} events", self._table)


def _item(event: StreamedEvent, expires_at: int) -> Item:
    item: Item = {
        "profile": {"S": profile_key(event["datasetGroup"], partition_key(event))},
        "event": {"S": f"{int(event['sentAt']) * 1000:015}#{event['eventId']}"},
        "expiresAt": {"N": str(expires_at)},
    }
    members: Mapping[str, Any] = event
    for name, attribute_type in _ATTRIBUTES.items():
        value = members.get(name)
        if value is not None:
            item[name] = {attribute_type: value if attribute_type == "S" else repr(float(value))}
    return item


def _key(item: Item) -> tuple[str, str]:
    return item["profile"]["S"], item["event"]["S"]
