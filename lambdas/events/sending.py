"""Sending records to a service that may refuse some of them, until it has accepted all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from botocore.exceptions import ClientError

from tastemaker.errors import ServiceUnavailable

MAX_ATTEMPTS = 6
BUSY = frozenset(
    {
        "KMSThrottlingException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailableException",
        "ThrottlingException",
    }
)
"""Codes of errors with which Kinesis, Firehose and DynamoDB refuse a whole call that may be sent again."""

Record = TypeVar("Record")


def send_all(
    records: Sequence[Record],
    send: Callable[[Sequence[Record]], Sequence[Record]],
    sleep: Callable[[float], None],
) -> None:
    """Send records until all are accepted. `send` makes one call and returns what it refused.

    Raises ServiceUnavailable if some are refused at the last attempt, too.
    """
    left = records
    for attempt in range(MAX_ATTEMPTS):
        try:
            left = send(left)
        except ClientError as error:
            if not is_busy(error):
                raise
        if not left:
            return
        sleep(0.05 * 2**attempt)
    raise not_stored(len(left), len(records))


def is_busy(error: ClientError) -> bool:
    """Whether a service refused a call only for now."""
    return error.response["Error"]["Code"] in BUSY


def not_stored(left: int, total: int) -> ServiceUnavailable:
    """The answer to a request whose events are not all stored."""
    return ServiceUnavailable(f"{left} of {total} events could not be stored; send them again.")
