"""Records of a stream in moto's memory, and a signal to readers when one arrives."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from moto.kinesis.models import Stream, kinesis_backends

from local.account import Account


@dataclass(frozen=True)
class StreamRecord:
    """One record of a shard."""

    shard: str
    number: int  # moto counts 1, 2, 3 … in each shard
    partition_key: str
    data: str  # base64
    arrived: float  # epoch seconds


class Streams:
    """The account's streams."""

    def __init__(self, account: Account) -> None:
        self._backend = kinesis_backends[account.id][account.region]
        self._arrived: dict[str, threading.Condition] = {}
        self._lock = threading.Lock()

    def shards(self, stream_arn: str) -> list[str]:
        return [shard.shard_id for shard in self._stream(stream_arn).shards.values()]

    def newest(self, stream_arn: str, shard: str) -> int:
        """The number of the shard's newest record; 0 if the shard is empty."""
        return self._stream(stream_arn).shards[shard].get_max_sequence_number()

    def exists(self, stream_arn: str) -> bool:
        return name_of(stream_arn) in self._backend.streams

    def read(self, stream_arn: str, shard: str, after: int, limit: int) -> list[StreamRecord]:
        """Up to `limit` records that follow record number `after`."""
        records = self._stream(stream_arn).shards[shard].records
        found = []
        for number in range(after + 1, after + 1 + limit):
            record = records.get(number)
            if record is None:
                break
            data = record.data if isinstance(record.data, str) else bytes(record.data).decode()
            found.append(StreamRecord(shard, number, record.partition_key, data, record.created_at))
        return found

    def notify(self, stream_name: str) -> None:
        """Wake the readers, because a record was put."""
        condition = self._condition(stream_name)
        with condition:
            condition.notify_all()

    def wait(self, stream_arn: str, shard: str, after: int, seconds: float) -> bool:
        """Wait at most `seconds` until the shard has a record after number `after`."""
        condition = self._condition(name_of(stream_arn))
        with condition:
            return condition.wait_for(lambda: self.newest(stream_arn, shard) > after, seconds)

    def _condition(self, stream_name: str) -> threading.Condition:
        with self._lock:
            return self._arrived.setdefault(stream_name, threading.Condition())

    def _stream(self, stream_arn: str) -> Stream:
        return self._backend.streams[name_of(stream_arn)]


def name_of(stream_arn: str) -> str:
    """The name of the stream with this ARN."""
    return stream_arn.rsplit("/", 1)[-1]
