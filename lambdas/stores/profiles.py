"""The profiles table for reading: the newest streamed events of a user or session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts.table_keys import profile_key
from tastemaker.serving.history import LiveEvent


class Profiles:
    """The table. `client` is a low-level DynamoDB client, which starts faster than a boto3 resource."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table

    def newest(self, event_group: str, user: str, limit: int = 200) -> list[LiveEvent]:
        """The newest events of a user or session, newest first."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="profile = :profile",
            ProjectionExpression="event, itemId, eventType, eventValue",
            ExpressionAttributeValues={":profile": {"S": profile_key(event_group, user)}},
            ScanIndexForward=False,
            Limit=limit,
        )
        return [_event(item) for item in answer["Items"]]


def _event(item: Mapping[str, Any]) -> LiveEvent:
    milliseconds, _, event_id = item["event"]["S"].partition("#")
    value = item.get("eventValue", {}).get("N")
    return LiveEvent(
        event_id,
        item.get("itemId", {}).get("S"),
        item["eventType"]["S"],
        int(milliseconds) // 1000,
        None if value is None else float(value),
    )
