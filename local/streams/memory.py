"""What outlives the run of a stream: its records, and how far each reader has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from local.streams.shards import StreamRecord

DIRECT = "firehose/"
"""What the name of a stream begins with that is not in Kinesis: what a delivery stream gets directly."""


class StreamMemory(Protocol):
    """Where readers of streams note their positions. A position is the number of a record."""

    def position(self, reader: str, stream: str, shard: str) -> int | None:
        """The newest record that a reader has processed in an earlier run; None if it is new."""

    def processed(self, reader: str, stream: str, shard: str, number: int) -> None:
        """Note that a reader has processed a record and all before it."""

    def accepted(self, stream: str, records: Sequence[StreamRecord]) -> None:
        """Note records of a stream that is not in Kinesis, before they are acknowledged."""

    def records(self, stream: str) -> list[StreamRecord]:
        """The records that an earlier run accepted."""


class NoMemory:
    """Nothing outlives the run."""

    def position(self, reader: str, stream: str, shard: str) -> int | None:
        return None

    def processed(self, reader: str, stream: str, shard: str, number: int) -> None:
        """Nothing to do."""

    def accepted(self, stream: str, records: Sequence[StreamRecord]) -> None:
        """Nothing to do."""

    def records(self, stream: str) -> list[StreamRecord]:
        return []


NO_MEMORY = NoMemory()
