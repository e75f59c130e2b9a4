"""Writing a batch of stream records to the profiles table.

Delivery is at least once, so every write is idempotent. A record that cannot be read is reported by its
sequence number: the event source retries from there, splits the batch and finally sends the record to the
dead-letter queue.
"""

import json
import os
from collections.abc import Mapping
from typing import Any, cast

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord

from lambdas.stores.profiles import Profiles
from lambdas.support.observability import logger
from tastemaker.contracts.streamed_event import REQUIRED_MEMBERS, StreamedEvent

PROFILE_DAYS = int(os.environ.get("TASTEMAKER_PROFILE_DAYS", "90"))
"""How long an event counts in real time. The lake keeps it for training."""
DAY_SECONDS = 86_400


class UnreadableRecordError(ValueError):
    """A record that is not an event as the events function writes it."""


def consume(event: dict[str, Any], profiles: Profiles, context: Any = None) -> dict[str, Any]:
    """Store all readable records of a batch, and return the sequence numbers of the others.

    If a write fails, the whole batch fails and is delivered again, so that no event is lost.
    """
    batches: dict[int, list[StreamedEvent]] = {}

    def read(record: KinesisStreamRecord) -> None:
        expires = int(record.kinesis.approximate_arrival_timestamp) // DAY_SECONDS + 1 + PROFILE_DAYS
        batches.setdefault(expires * DAY_SECONDS, []).append(_event(record))

    processor = BatchProcessor(event_type=EventType.KinesisDataStreams)
    try:
        answer = process_partial_response(
            event=event, record_handler=read, processor=processor, context=context
        )
    finally:
        # The processor raises if every record is unreadable; there is nothing to write then.
        written = sum(profiles.write(events, expires_at=expires) for expires, events in batches.items())
        logger.debug("wrote events", extra={"records": len(event["Records"]), "written": written})
    return dict(answer)


def _event(record: KinesisStreamRecord) -> StreamedEvent:
    try:
        content: Mapping[str, Any] = json.loads(record.kinesis.data_as_bytes())
        missing = [name for name in REQUIRED_MEMBERS if content.get(name) is None]
    except (ValueError, AttributeError) as error:
        logger.exception("a record is not an event", extra={"sequence": record.kinesis.sequence_number})
        raise UnreadableRecordError(str(error)) from error
    if missing:
        logger.error("an event is incomplete", extra={"missing": missing})
        raise UnreadableRecordError(f"an event lacks {', '.join(missing)}")
    return cast(StreamedEvent, content)
