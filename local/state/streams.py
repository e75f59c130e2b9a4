"""Records of streams and the positions of their readers.

An event that was acknowledged is in the stream, and perhaps not yet in a profile or in the lake. So the next
run reads on from where each reader was. A reader that was interrupted sees its last records again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moto.kinesis.models import KinesisBackend, Record, kinesis_backends

from local.account import Account
from local.state.journal import Entry, Journal
from local.state.saved import SavedState
from local.streams.memory import DIRECT
from local.streams.shards import StreamRecord


class KinesisRecords:
    """The records of the account's streams in Kinesis."""

    def __init__(self, account: Account) -> None:
        self._backend: KinesisBackend = kinesis_backends[account.id][account.region]
        self._newest: dict[tuple[str, str], int] = {}

    def entries(self) -> Iterator[Entry]:
        """The records that were put since the last call."""
        for name, stream in self._backend.streams.items():
            for shard in stream.shards.values():
                before = self._newest.get((name, shard.shard_id), 0)
                newest = next(reversed(shard.records), 0)
                for number in range(before + 1, newest + 1):
                    if number in shard.records:
                        yield _kinesis_entry(name, shard.shard_id, shard.records[number])
                self._newest[name, shard.shard_id] = newest

    def restore(self, saved: Mapping[tuple[str, str], Mapping[int, Entry]]) -> list[str]:
        """Put records back. Returns the names of streams that do not exist any more."""
        missing = []
        for (name, shard_id), records in saved.items():
            if name.startswith(DIRECT):
                continue
            stream = self._backend.streams.get(name)
            if stream is None or shard_id not in stream.shards:
                missing.append(name)
                continue
            for number, entry in sorted(records.items()):
                record = Record(entry["key"], entry["data"], number, entry["explicit"])
                record.created_at = entry["arrived"]
                stream.shards[shard_id].records[number] = record
                self._newest[name, shard_id] = number
        return missing


def _kinesis_entry(stream: str, shard: str, record: Record) -> Entry:
    data: Any = record.data
    return _entry(stream, shard, record.sequence_number) | {
        "key": record.partition_key,
        "explicit": record.explicit_hash_key,
        "data": data if isinstance(data, str) else bytes(data).decode(),
        "arrived": record.created_at,
    }


def _entry(stream: str, shard: str, number: int) -> Entry:
    return {"type": "record", "stream": stream, "shard": shard, "number": number}


class KeptStreams:
    """A memory of streams in the journal."""

    def __init__(self, journal: Journal, saved: SavedState) -> None:
        self._journal = journal
        self._positions = dict(saved.positions)
        self._records = saved.records

    def position(self, reader: str, stream: str, shard: str) -> int | None:
        return self._positions.get((reader, stream, shard))

    def processed(self, reader: str, stream: str, shard: str, number: int) -> None:
        if self._positions.get((reader, stream, shard)) == number:
            return
        self._positions[reader, stream, shard] = number
        place = {"reader": reader, "stream": stream, "shard": shard}
        self._journal.append({"type": "position", **place, "number": number})

    def accepted(self, stream: str, records: Sequence[StreamRecord]) -> None:
        self._journal.append(
            *(
                _entry(stream, record.shard, record.number)
                | {
                    "key": record.partition_key,
                    "explicit": None,
                    "data": record.data,
                    "arrived": record.arrived,
                }
                for record in records
            )
        )

    def records(self, stream: str) -> list[StreamRecord]:
        return [
            StreamRecord(shard, number, entry["key"], entry["data"], entry["arrived"])
            for (name, shard), records in self._records.items()
            if name == stream
            for number, entry in records.items()
        ]
