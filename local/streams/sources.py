"""Where a delivery stream gets its records: from a Kinesis stream, or from its own API."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Protocol

from local.streams.shards import StreamRecord, Streams

_BATCH = 10_000


class RecordSource(Protocol):
    """The records of a delivery stream, in the order in which they are delivered."""

    def start(self) -> None:
        """Start with records that arrive from now on."""

    def next(self) -> list[StreamRecord]:
        """The oldest records that are not delivered; empty if there are none."""

    def delivered(self, records: Sequence[StreamRecord]) -> None:
        """Note that records which `next` returned are delivered."""


class StreamSource:
    """What is put into a Kinesis stream, from the start on, as Firehose reads it."""

    def __init__(self, streams: Streams, stream_arn: str) -> None:
        self._streams, self._arn = streams, stream_arn
        self._after: dict[str, int] = {}

    def start(self) -> None:
        shards = self._streams.shards(self._arn)
        self._after = {shard: self._streams.newest(self._arn, shard) for shard in shards}

    def next(self) -> list[StreamRecord]:
        return [
            record
            for shard, after in self._after.items()
            for record in self._streams.read(self._arn, shard, after, _BATCH)
        ]

    def delivered(self, records: Sequence[StreamRecord]) -> None:
        for record in records:
            self._after[record.shard] = max(self._after[record.shard], record.number)


class DirectSource:
    """What PutRecord and PutRecordBatch send to the delivery stream."""

    def __init__(self) -> None:
        self._waiting: list[StreamRecord] = []
        self._number = 0
        self._lock = threading.Lock()

    def start(self) -> None:
        """Nothing to do: records are kept from the first call on."""

    def put(self, data: Sequence[str]) -> None:
        """Accept records, each in base64."""
        now = time.time()
        with self._lock:
            for one in data:
                self._number += 1
                self._waiting.append(StreamRecord("direct", self._number, "", one, now))

    def next(self) -> list[StreamRecord]:
        with self._lock:
            return self._waiting[:_BATCH]

    def delivered(self, records: Sequence[StreamRecord]) -> None:
        with self._lock:
            del self._waiting[: len(records)]
