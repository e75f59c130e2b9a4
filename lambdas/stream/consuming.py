"""What is done with a batch of records.

Delivery is at least once and may repeat: every write is idempotent. A record that cannot be read is reported
by its number, so that the event source retries from there, splits the batch and finally sends the record to
the dead letters.
"""

import json
import os
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord

from lambdas.stores.profiles import Profiles
from lambdas.support.observability import logger
from tastemaker.contracts.streamed_event import REQUIRED_MEMBERS, StreamedEvent

DAYS = int(os.environ.get("TASTEMAKER_PROFILE_DAYS", "90"))
"""How long an event counts in real time. It stays in the lake for training."""
DAY_SECONDS = 86_400


class UnreadableRecordError(ValueError):
    """A record that is not an event as the events function writes it."""


def consume(event: dict[str, Any], profiles: Profiles, context: Any = None) -> dict[str, Any]:
    """Write what can be read in as few calls as possible; report the rest.

    Nothing is lost if writing fails: the whole batch fails then, and comes again.
    """
    batches: dict[int, list[StreamedEvent]] = {}

    def read(record: KinesisStreamRecord) -> None:
        expires = int(record.kinesis.approximate_arrival_timestamp) // DAY_SECONDS + 1 + DAYS
        batches.setdefault(expires * DAY_SECONDS, []).append(_event(record))

    processor = BatchProcessor(event_type=EventType.KinesisDataStreams)
    try:
        answer = process_partial_response(
            event=event, record_handler=read, processor=processor, context=context
        )
    finally:
        # Also when every record of the batch is bad, which the processor raises for: there is nothing to
        # write then.
        written = sum(profiles.write(events, expires_at=expires) for expires, events in batches.items())
        logger.debug("wrote events", extra={"records": len(event["Records"]), "written": written})
    return dict(answer)


def _event(record: KinesisStreamRecord) -> StreamedEvent:
    try:
        content: StreamedEvent = json.loads(record.kinesis.data_as_bytes())
        missing = [name for name in REQUIRED_MEMBERS if content.get(name) is None]
    except (ValueError, AttributeError) as error:
        logger.exception("a record is not an event", extra={"sequence": record.kinesis.sequence_number})
        raise UnreadableRecordError(str(error)) from error
    if missing:
        logger.error("an event is incomplete", extra={"missing": missing})
        raise UnreadableRecordError(f"an event lacks {', '.join(missing)}")
    return content
