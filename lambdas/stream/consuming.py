"""Writing a batch of stream records to the profiles table.

Delivery is at least once, so every write is idempotent. A record that cannot be stored is put aside in the
lake at once, with the reason, so that it never holds up the records behind it. If the table or the lake does
not accept a write, the whole batch fails and is delivered again, so that no event is lost.
"""

import json
import os
import time
from collections.abc import Mapping
from typing import Any, Protocol, cast

from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord

from lambdas.stores.profiles import Profiles
from lambdas.support.observability import logger
from tastemaker.contracts.lake_layout import rejected_event
from tastemaker.contracts.streamed_event import REQUIRED_MEMBERS, StreamedEvent

PROFILE_DAYS = int(os.environ.get("TASTEMAKER_PROFILE_DAYS", "90"))
"""How long an event counts in real time. The lake keeps it for training."""
DAY_SECONDS = 86_400


class UnreadableRecordError(ValueError):
    """A record that is not an event as the events function writes it."""


class Aside(Protocol):
    """Where rejected records go: the part of a lake that writes."""

    def write(self, key: str, text: str) -> None:
        """Store a text."""


def consume(event: Mapping[str, Any], profiles: Profiles, aside: Aside) -> dict[str, Any]:
    """Store all events of a batch, and put the records aside that cannot be stored.

    Returns Lambda's answer for a batch without failures. Raises TableBusyError, and what `aside` raises.
    """
    batches: dict[int, list[StreamedEvent]] = {}
    sources: dict[int, KinesisStreamRecord] = {}
    rejected: list[tuple[KinesisStreamRecord, str]] = []
    for raw in event["Records"]:
        record = KinesisStreamRecord(raw)
        expires = int(record.kinesis.approximate_arrival_timestamp) // DAY_SECONDS + 1 + PROFILE_DAYS
        try:
            content = _event(record)
        except UnreadableRecordError as error:
            rejected.append((record, str(error)))
            continue
        sources[id(content)] = record
        batches.setdefault(expires * DAY_SECONDS, []).append(content)
    written = sum(
        profiles.write(
            events, expires_at=expires, on_rejected=lambda one, why: rejected.append((sources[id(one)], why))
        )
        for expires, events in batches.items()
    )
    for record, why in rejected:
        _put_aside(record, why, aside)
    logger.debug("wrote events", extra={"records": len(event["Records"]), "written": written})
    return {"batchItemFailures": []}


def _event(record: KinesisStreamRecord) -> StreamedEvent:
    try:
        content: Mapping[str, Any] = json.loads(record.kinesis.data_as_bytes())
        missing = [name for name in REQUIRED_MEMBERS if content.get(name) is None]
    except (ValueError, AttributeError, RecursionError) as error:
        raise UnreadableRecordError(f"the record is not a JSON object: {error}") from error
    if missing:
        raise UnreadableRecordError(f"the event lacks {', '.join(missing)}")
    return cast(StreamedEvent, content)


def _put_aside(record: KinesisStreamRecord, why: str, aside: Aside) -> None:
    number = record.kinesis.sequence_number
    day = time.strftime("%Y/%m/%d", time.gmtime(record.kinesis.approximate_arrival_timestamp))
    key = rejected_event(day, number)
    logger.error("a record cannot be stored", extra={"sequence": number, "reason": why, "putAside": key})
    content = {"sequenceNumber": number, "reason": why, "data": record.kinesis.data}
    aside.write(key, json.dumps(content))
