"""Where a delivery stream gets its records: from a Kinesis stream, or from its own API."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Protocol

from local.streams.memory import DIRECT, NO_MEMORY, StreamMemory
from local.streams.shards import StreamRecord, Streams, name_of

_BATCH = 10_000
_SHARD = "direct"


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

    def __init__(
        self, streams: Streams, stream_arn: str, *, reader: str = "", memory: StreamMemory = NO_MEMORY
    ) -> None:
        """`reader` is the name of the delivery stream, whose position `memory` has from an earlier run."""
        self._streams, self._arn = streams, stream_arn
        self._reader, self._memory = reader, memory
        self._after: dict[str, int] = {}

    def start(self) -> None:
        for shard in self._streams.shards(self._arn):
            before = self._memory.position(self._reader, name_of(self._arn), shard)
            self._after[shard] = self._streams.newest(self._arn, shard) if before is None else before
            self._note(shard)

    def next(self) -> list[StreamRecord]:
        return [
            record
            for shard, after in self._after.items()
            for record in self._streams.read(self._arn, shard, after, _BATCH)
        ]

    def delivered(self, records: Sequence[StreamRecord]) -> None:
        for record in records:
            self._after[record.shard] = max(self._after[record.shard], record.number)
        for shard in {record.shard for record in records}:
            self._note(shard)

    def _note(self, shard: str) -> None:
        self._memory.processed(self._reader, name_of(self._arn), shard, self._after[shard])


class DirectSource:
    """What PutRecord and PutRecordBatch send to the delivery stream."""

    def __init__(self, name: str = "", *, memory: StreamMemory = NO_MEMORY) -> None:
        """`name` is that of the delivery stream, whose records `memory` has from an earlier run."""
        self._name, self._memory = DIRECT + name, memory
        records = sorted(memory.records(self._name), key=lambda record: record.number)
        delivered = memory.position(self._name, self._name, _SHARD) or 0
        self._waiting = [record for record in records if record.number > delivered]
        self._number = max([delivered, *(record.number for record in records)])
        self._lock = threading.Lock()

    def start(self) -> None:
        """Nothing to do: records are accepted from the first call on."""

    def put(self, data: Sequence[str]) -> None:
        """Accept records, each in base64."""
        now = time.time()
        with self._lock:
            records = [
                StreamRecord(_SHARD, number, "", one, now)
                for number, one in enumerate(data, start=self._number + 1)
            ]
            self._memory.accepted(self._name, records)
            self._number += len(records)
            self._waiting += records

    def next(self) -> list[StreamRecord]:
        with self._lock:
            return self._waiting[:_BATCH]

    def delivered(self, records: Sequence[StreamRecord]) -> None:
        with self._lock:
            del self._waiting[: len(records)]
        if records:
            self._memory.processed(self._name, self._name, _SHARD, records[-1].number)
