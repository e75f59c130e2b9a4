"""The event transport `kinesis`: events go to a stream, whose readers write the profiles and the lake."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from lambdas.events.sending import send_all
from tastemaker.contracts.streamed_event import StreamedEvent, partition_key


class KinesisTransport:
    """Events to a Kinesis stream, sent until every record is stored."""

    def __init__(self, client: Any, stream: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client, self._stream, self._sleep = client, stream, sleep

    def put(self, events: Sequence[StreamedEvent]) -> None:
        """Store all events. Raises ServiceUnavailable if the stream does not accept all of them.

        It is safe to send the same events again.
        """
        entries = [
            {"Data": json.dumps(event, ensure_ascii=False).encode(), "PartitionKey": partition_key(event)}
            for event in events
        ]
        send_all(entries, self._send, self._sleep)

    def _send(self, entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        answer = self._client.put_records(StreamName=self._stream, Records=list(entries))
        if not answer.get("FailedRecordCount"):
            return []
        results = zip(entries, answer["Records"], strict=True)
        return [entry for entry, result in results if result.get("ErrorCode")]
