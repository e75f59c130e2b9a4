"""Where the answers to CloudFormation's requests go, by the ID of the request.

Whoever has such an address can answer in our name. So it is in the table, and not in the input of an
execution, which the history of the workflow shows.
"""

from __future__ import annotations

import time
from typing import Any

SECONDS = 2 * 3600
"""An address expires after the longest execution. DynamoDB then deletes it."""


class AnswerAddresses:
    """Addresses in the table of resource records. `client` is a DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table

    def keep(self, request_id: str, url: str) -> None:
        """Keep the address of a request until `forget`, or until it expires."""
        expires = {"N": str(int(time.time()) + SECONDS)}
        item = {**_key(request_id), "target": {"S": url}, "expiresAt": expires}
        self._client.put_item(TableName=self._table, Item=item)

    def find(self, request_id: str) -> str | None:
        """The address of a request; None if it has been answered."""
        found = self._client.get_item(TableName=self._table, Key=_key(request_id), ConsistentRead=True)
        return str(found["Item"]["target"]["S"]) if "Item" in found else None

    def forget(self, request_id: str) -> None:
        self._client.delete_item(TableName=self._table, Key=_key(request_id))


def _key(request_id: str) -> dict[str, Any]:
    return {"arn": {"S": f"answer/{request_id}"}}
