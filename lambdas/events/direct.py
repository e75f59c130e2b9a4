"""The event transport `direct`: the request itself writes the events to the lake and to the profiles.

There is no stream, and so no charge by the hour. A request is acknowledged when Firehose and the profiles
table have accepted all of its events. If one of them does not, the client sends the events again: an event
that is written twice is one item of the table, and readers of the lake drop repeated events.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import ClientError

from lambdas.events.sending import is_busy, not_stored, send_all
from lambdas.stores.batch_writes import TableBusyError
from lambdas.stores.profile_writer import ProfileWriter, expiry
from lambdas.stores.rejected_events import RejectedEvents
from tastemaker.contracts.streamed_event import StreamedEvent
from tastemaker.events.streaming import content_id


class DirectTransport:
    """Events to Firehose and to the profiles table, each sent until every record is stored."""

    def __init__(
        self,
        firehose: Any,
        delivery_stream: str,
        profiles: ProfileWriter,
        rejected: RejectedEvents,
        *,
        profile_days: int,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._firehose, self._delivery_stream = firehose, delivery_stream
        self._profiles, self._rejected, self._profile_days = profiles, rejected, profile_days
        self._clock, self._sleep = clock, sleep

    def put(self, events: Sequence[StreamedEvent]) -> None:
        """Store all events. Raises ServiceUnavailable if Firehose or the table does not accept all of them.

        It is safe to send the same events again. Firehose comes first, so no event counts in real time that
        the next training never sees. An event that the table rejects is put aside, and the others are stored.
        """
        now = self._clock()
        records = [{"Data": json.dumps(event, ensure_ascii=False).encode()} for event in events]
        send_all(records, self._send, self._sleep)

        def put_aside(event: StreamedEvent, reason: str) -> None:
            data = json.dumps(event, ensure_ascii=False).encode()
            self._rejected.put(content_id(event), now, data, reason)

        try:
            self._profiles.write(events, expires_at=expiry(now, self._profile_days), on_rejected=put_aside)
        except TableBusyError as error:
            raise not_stored(len(events), len(events)) from error
        except ClientError as error:
            if not is_busy(error):
                raise
            raise not_stored(len(events), len(events)) from error

    def _send(self, records: Sequence[dict[str, bytes]]) -> list[dict[str, bytes]]:
        answer = self._firehose.put_record_batch(
            DeliveryStreamName=self._delivery_stream, Records=list(records)
        )
        if not answer["FailedPutCount"]:
            return []
        results = zip(records, answer["RequestResponses"], strict=True)
        return [record for record, result in results if result.get("ErrorCode")]
