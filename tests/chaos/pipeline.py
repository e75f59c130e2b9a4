"""The journey of events in memory: stream, stream function, dead-letter queue and delivery to the lake.

The code of our functions is the real one. Kinesis, Lambda's event source and Firehose do what AWS documents
of them: order within a shard, delivery at least once, batches that are split and retried, files by prefix.
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from deployment.replay import put as put_back
from infrastructure.data.event_delivery import EVENTS_PREFIX, FILE_EXTENSION, PARTITION_QUERY
from lambdas.stores.lake import LakeBucket
from lambdas.stores.profile_writer import ProfileWriter
from lambdas.stores.rejected_events import RejectedEvents
from lambdas.stream.consuming import consume
from local.streams.firehose import Delivery, evaluate_prefix, partition_keys, to_parquet
from tastemaker.contracts.streamed_event import COLUMNS

SHARDS = 4
BATCH_RECORDS = 100
RETRIES = 3
"""How often Lambda's event source tries a batch again before it splits it or gives it up."""
PROFILE_DAYS = 90
DELIVERY = Delivery("events", "", "", EVENTS_PREFIX, "", COLUMNS, PARTITION_QUERY, FILE_EXTENSION)

Step = Callable[[], Any]


@dataclass(frozen=True)
class StreamRecord:
    """A record of the stream."""

    number: str
    data: bytes
    key: str

    @property
    def as_lambda_sends_it(self) -> dict[str, Any]:
        return {
            "eventID": f"shardId-000000000000:{self.number}",
            "kinesis": {
                "sequenceNumber": self.number,
                "partitionKey": self.key,
                "data": base64.b64encode(self.data).decode(),
                "approximateArrivalTimestamp": time.time(),
            },
        }


@dataclass
class Stream:
    """A Kinesis stream, with the method of its client that the events function calls.

    `refuses` says for each record whether the shard is throttled just now.
    """

    refuses: Callable[[], bool] = lambda: False
    shards: list[list[StreamRecord]] = field(default_factory=lambda: [[] for _ in range(SHARDS)])

    def put_records(self, *, StreamName: str, Records: Sequence[Any]) -> dict[str, Any]:  # noqa: N803
        results: list[dict[str, str]] = []
        for record in Records:
            if self.refuses():
                results.append({"ErrorCode": "ProvisionedThroughputExceededException"})
                continue
            shard = self.shards[crc32(record["PartitionKey"].encode()) % SHARDS]
            number = f"{len(shard):012}"
            shard.append(StreamRecord(number, record["Data"], record["PartitionKey"]))
            results.append({"SequenceNumber": number})
        return {"FailedRecordCount": sum("ErrorCode" in one for one in results), "Records": results}


@dataclass
class EventPipeline:
    """What happens to the records of a stream. `run` performs a step of AWS, and may make it fail."""

    stream: Stream
    profiles: ProfileWriter
    lake: LakeBucket
    run: Callable[[Step], Any] = lambda step: step()
    dead_letters: list[StreamRecord] = field(default_factory=list)
    retries: int = 0
    _consumed: list[int] = field(default_factory=lambda: [0] * SHARDS)
    _delivered: list[int] = field(default_factory=lambda: [0] * SHARDS)

    def consume(self) -> None:
        """Call the stream function with everything that it has not had."""
        for number, shard in enumerate(self.stream.shards):
            while records := shard[self._consumed[number] : self._consumed[number] + BATCH_RECORDS]:
                self._call(records)
                self._consumed[number] += len(records)

    def _call(self, records: list[StreamRecord]) -> None:
        """As Lambda's event source: retry, then try the halves, and give up a single record in the end."""
        event = {"Records": [record.as_lambda_sends_it for record in records]}
        rejected = RejectedEvents(self.lake)
        for _ in range(RETRIES):
            try:
                self.run(lambda: consume(event, self.profiles, rejected, PROFILE_DAYS))
                return
            except Exception:
                self.retries += 1
        if len(records) == 1:
            self.dead_letters += records
            return
        middle = len(records) // 2
        self._call(records[:middle])
        self._call(records[middle:])

    def replay(self) -> None:
        """Put the records of the dead-letter queue back into the stream (`python -m deployment.replay`)."""
        waiting, self.dead_letters = self.dead_letters, []
        found = [{"data": base64.b64encode(one.data).decode(), "partitionKey": one.key} for one in waiting]
        put_back(self.stream, "events", found, sleep=lambda _: None)

    def deliver(self) -> None:
        """Write what was not delivered yet to the lake. A file whose answer was lost is written twice."""
        for number, shard in enumerate(self.stream.shards):
            records = shard[self._delivered[number] :]
            while records:
                try:
                    self.run(lambda records=records: self._write(records))  # type: ignore[misc]
                    break
                except Exception:
                    self.retries += 1
            self._delivered[number] += len(records)

    def _write(self, records: Sequence[StreamRecord]) -> None:
        now, keys_of = time.time(), partition_keys(PARTITION_QUERY)
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for record in records:
            row = json.loads(record.data)
            prefix = evaluate_prefix(EVENTS_PREFIX, keys_of(row), now)
            rows[prefix].append({name.lower(): row.get(name) for name in COLUMNS})
        for prefix, found in rows.items():
            body = to_parquet(found, DELIVERY)
            key = f"{prefix}{uuid.uuid4().hex}{FILE_EXTENSION}"
            self.lake.client.put_object(Bucket=self.lake.bucket, Key=key, Body=body)
