"""Writing many rows to a DynamoDB table."""

from collections.abc import Callable, Sequence
from typing import Any

MOST_AT_ONCE = 25
"""Requests of one BatchWriteItem."""
LONGEST_PAUSE = 2.0

Requests = Sequence[dict[str, Any]]


def write_batch(
    client: Any, table: str, requests: Requests, *, sleep: Callable[[float], None], attempts: int = 8
) -> int:
    """Send up to 25 put or delete requests of different keys, and again, after longer and longer pauses, what
    DynamoDB did not take. Returns how many were left at the end."""
    left = list(requests)
    for attempt in range(attempts):
        left = client.batch_write_item(RequestItems={table: left}).get("UnprocessedItems", {}).get(table, [])
        if not left:
            return 0
        sleep(min(LONGEST_PAUSE, 0.05 * 2**attempt))
    return len(left)
