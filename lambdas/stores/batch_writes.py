"""Writing many rows to a DynamoDB table."""

from collections.abc import Callable, Sequence
from typing import Any

MAX_REQUESTS = 25
"""Requests of one BatchWriteItem."""
MAX_PAUSE_SECONDS = 2.0

Requests = Sequence[dict[str, Any]]


class TableBusyError(Exception):
    """DynamoDB did not accept all rows in a reasonable time. It is safe to write them again."""

    def __init__(self, rows: str, table: str) -> None:
        super().__init__(f"{rows} could not be written to {table}")


def write_batch(
    client: Any, table: str, requests: Requests, *, sleep: Callable[[float], None], attempts: int = 8
) -> int:
    """Send up to `MAX_REQUESTS` put or delete requests, whose keys are distinct.

    Requests that DynamoDB does not process are sent again after increasing pauses. Returns the number of
    requests that are left after the last attempt.
    """
    left = list(requests)
    for attempt in range(attempts):
        left = client.batch_write_item(RequestItems={table: left}).get("UnprocessedItems", {}).get(table, [])
        if not left:
            return 0
        sleep(min(MAX_PAUSE_SECONDS, 0.05 * 2**attempt))
    return len(left)
