"""The client of the event stream."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from tastemaker.contracts.streamed_event import StreamedEvent, partition_key
from tastemaker.errors import ServiceUnavailable

MAX_ATTEMPTS = 6


class EventStream:
    """Events to Kinesis, sent until every record is stored."""

    def __init__(self, client: Any, name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client, self._name, self._sleep = client, name, sleep

    def put(self, events: Sequence[StreamedEvent]) -> None:
        """Store all events. Raises ServiceUnavailable if the stream does not accept all of them.

        It is safe to send the same events again.
        """
        entries = [
            {"Data": json.dumps(event, ensure_ascii=False).encode(), "PartitionKey": partition_key(event)}
            for event in events
        ]
        for attempt in range(MAX_ATTEMPTS):
            answer = self._client.put_records(StreamName=self._name, Records=entries)
            if not answer.get("FailedRecordCount"):
                return
            entries = [
                entry
                for entry, result in zip(entries, answer["Records"], strict=True)
                if result.get("ErrorCode")
            ]
            self._sleep(0.05 * 2**attempt)
        raise ServiceUnavailable(
            f"{len(entries)} of {len(events)} events could not be stored; send them again."
        )
