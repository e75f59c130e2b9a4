"""Writing a batch of stream records to the profiles table.

Delivery is at least once, so every write is idempotent. A record that cannot be stored is put aside in the
lake at once, with the reason, so that it never holds up the records behind it. If the table or the lake does
not accept a write, the whole batch fails and is delivered again, so that no event is lost.
"""

import json
from collections.abc import Mapping
from typing import Any, cast

from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord

from lambdas.stores.profile_writer import ProfileWriter, expiry
from lambdas.stores.rejected_events import RejectedEvents
from lambdas.support.observability import logger
from tastemaker.contracts.streamed_event import REQUIRED_MEMBERS, StreamedEvent


class UnreadableRecordError(ValueError):
    """A record that is not an event as the events function writes it."""


def consume(
    event: Mapping[str, Any], profiles: ProfileWriter, rejected: RejectedEvents, profile_days: int
) -> dict[str, Any]:
    """Store all events of a batch, and put the records aside that cannot be stored.

    Events expire after `profile_days`. Returns Lambda's answer for a batch without failures. Raises
    TableBusyError, and what the lake raises.
    """
    batches: dict[int, list[StreamedEvent]] = {}
    sources: dict[int, KinesisStreamRecord] = {}
    aside: list[tuple[KinesisStreamRecord, str]] = []
    for raw in event["Records"]:
        record = KinesisStreamRecord(raw)
        expires = expiry(record.kinesis.approximate_arrival_timestamp, profile_days)
        try:
            content = _event(record)
        except UnreadableRecordError as error:
            aside.append((record, str(error)))
            continue
        sources[id(content)] = record
        batches.setdefault(expires, []).append(content)
    written = sum(
        profiles.write(
            events, expires_at=expires, on_rejected=lambda one, why: aside.append((sources[id(one)], why))
        )
        for expires, events in batches.items()
    )
    for record, why in aside:
        number, arrived = record.kinesis.sequence_number, record.kinesis.approximate_arrival_timestamp
        rejected.put(number, arrived, record.kinesis.data_as_bytes(), why, sequenceNumber=number)
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
