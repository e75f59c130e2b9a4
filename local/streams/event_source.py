"""Lambda's event source mapping for a Kinesis stream.

It hands over the records of a shard in order, one batch at a time. It supports partial failures, bisecting,
a maximum number of retries, a maximum age of records, and a destination for records that it gives up.
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-reporting-failures.html and
kinesis-on-failure-destination.html
"""

from __future__ import annotations

import datetime
import json
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from local.account import Account
from local.functions.worker import Outcome
from local.streams.memory import NO_MEMORY, StreamMemory
from local.streams.shards import StreamRecord, Streams, name_of
from local.terminal import Terminal

_MAX_PAYLOAD_BYTES = 6_000_000
_WAIT_SECONDS = 1.0
_BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # on AWS the pauses grow to minutes

Invoke = Callable[[str, Any, str], Outcome]
Send = Callable[[dict[str, Any], dict[str, Any]], None]  # invocation record, event


@dataclass(frozen=True)
class EventSource:
    """One mapping, as the template declares it."""

    id: str  # the UUID of the mapping
    stream_arn: str
    function_name: str
    function_arn: str
    starting_position: str = "TRIM_HORIZON"
    batch_size: int = 100
    retries: int = -1  # -1: until the records expire
    max_age_seconds: int = -1
    bisect: bool = False
    partial_failures: bool = False
    destination_arn: str | None = None


class EventSourceMapping:
    """Feeds one function from one stream, with one thread for each shard."""

    def __init__(
        self,
        source: EventSource,
        *,
        account: Account,
        streams: Streams,
        invoke: Invoke,
        send: Send | None,
        terminal: Terminal,
        memory: StreamMemory = NO_MEMORY,
    ) -> None:
        """`send` delivers an invocation record to the destination; None without a destination.

        `memory` has the position in an earlier run.
        """
        self._memory = memory
        self._source = source
        self._account = account
        self._streams = streams
        self._invoke = invoke
        self._send = send
        self._terminal = terminal
        self._stopped = threading.Event()

    def start(self) -> None:
        """Start to read where an earlier run has stopped, or from the starting position."""
        source = self._source
        for shard in self._streams.shards(source.stream_arn):
            after = self._memory.position(self._reader, name_of(source.stream_arn), shard)
            if after is None:
                latest = source.starting_position == "LATEST"
                after = self._streams.newest(source.stream_arn, shard) if latest else 0
            self._note(shard, after)
            threading.Thread(
                target=self._follow, args=(shard, after), name=f"esm {shard}", daemon=True
            ).start()

    def stop(self) -> None:
        self._stopped.set()

    def _follow(self, shard: str, after: int) -> None:
        source = self._source
        while not self._stopped.is_set():
            try:
                if not self._streams.wait(source.stream_arn, shard, after, _WAIT_SECONDS):
                    continue
                records = self._streams.read(source.stream_arn, shard, after, source.batch_size)
            except KeyError:
                if not self._streams.exists(source.stream_arn):  # deleted, or the run ends
                    return
                raise
            batch = _within_payload(records)
            try:
                self._deliver(batch)
            except Exception as error:  # the next batch of the shard must be read
                self._terminal.warn(f"{source.function_name}: a batch of {shard} was lost: {error!r}")
            if self._stopped.is_set():  # perhaps before the function had them
                return
            after = batch[-1].number
            self._note(shard, after)

    @property
    def _reader(self) -> str:
        return f"lambda/{self._source.function_name}"

    def _note(self, shard: str, number: int) -> None:
        self._memory.processed(self._reader, name_of(self._source.stream_arn), shard, number)

    def _deliver(self, records: Sequence[StreamRecord]) -> None:
        """Hand over records until all of them are processed or given up.

        A throttled invocation is repeated until the records expire. It does not count as a retry.
        """
        attempts = throttled = 0
        while records and not self._stopped.is_set():
            records = self._without_expired(records, attempts)
            if not records:
                return
            request_id = str(uuid.uuid4())
            outcome = self._invoke(self._source.function_name, self._event(records), request_id)
            if outcome.throttled:
                throttled += 1
                self._pause(throttled)
                continue
            done = self._done(outcome, records)
            if done == len(records):
                return
            if done:  # the rest gets all its retries again
                records, attempts = records[done:], 0
            attempts += 1
            if self._source.bisect and len(records) > 1:
                half = len(records) // 2
                self._pause(attempts)
                self._deliver(records[:half])
                records, attempts = records[half:], 0
            elif 0 <= self._source.retries < attempts:
                self._give_up(records, "RetryAttemptsExhausted", attempts, request_id, outcome)
                return
            else:
                self._pause(attempts)

    def _done(self, outcome: Outcome, records: Sequence[StreamRecord]) -> int:
        """The number of records, from the first, that the function has processed."""
        if outcome.failed:
            return 0
        if not self._source.partial_failures:
            return len(records)
        answer = json.loads(outcome.payload)
        failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
        if not failures:
            return len(records)
        numbers = {str(record.number): index for index, record in enumerate(records)}
        # An unknown identifier makes the whole batch fail.
        return min(numbers.get(failure.get("itemIdentifier") or "", 0) for failure in failures)

    def _without_expired(self, records: Sequence[StreamRecord], attempts: int) -> Sequence[StreamRecord]:
        if self._source.max_age_seconds < 0:
            return records
        oldest = time.time() - self._source.max_age_seconds
        expired = [record for record in records if record.arrived < oldest]
        if expired:
            self._give_up(expired, "MaximumRecordAgeExceeded", attempts, str(uuid.uuid4()), None)
        return [record for record in records if record.arrived >= oldest]

    def _give_up(
        self,
        records: Sequence[StreamRecord],
        condition: str,
        attempts: int,
        request_id: str,
        outcome: Outcome | None,
    ) -> None:
        source = self._source
        self._terminal.warn(
            f"{source.function_name} gave up {len(records)} records of {records[0].shard}: {condition}"
        )
        if self._send is None:
            return
        response: dict[str, Any] = {"statusCode": 200, "executedVersion": "$LATEST"}
        if outcome is not None and outcome.failed:
            response["functionError"] = "Unhandled"
        self._send(
            {
                "requestContext": {
                    "requestId": request_id,
                    "functionArn": source.function_arn,
                    "condition": condition,
                    "approximateInvokeCount": attempts,
                },
                "responseContext": response,
                "version": "1.0",
                "timestamp": _iso(time.time()),
                "KinesisBatchInfo": {
                    "shardId": records[0].shard,
                    "startSequenceNumber": str(records[0].number),
                    "endSequenceNumber": str(records[-1].number),
                    "approximateArrivalOfFirstRecord": _iso(records[0].arrived),
                    "approximateArrivalOfLastRecord": _iso(records[-1].arrived),
                    "batchSize": len(records),
                    "streamArn": source.stream_arn,
                },
            },
            self._event(records),
        )

    def _event(self, records: Sequence[StreamRecord]) -> dict[str, Any]:
        return {"Records": [self._event_record(record) for record in records]}

    def _event_record(self, record: StreamRecord) -> dict[str, Any]:
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record.partition_key,
                "sequenceNumber": str(record.number),
                "data": record.data,
                "approximateArrivalTimestamp": record.arrived,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{record.shard}:{record.number}",
            "eventName": "aws:kinesis:record",
            "awsRegion": self._account.region,
            "eventSourceARN": self._source.stream_arn,
        }

    def _pause(self, attempts: int) -> None:
        self._stopped.wait(_BACKOFF_SECONDS[min(attempts, len(_BACKOFF_SECONDS)) - 1])


def _within_payload(records: list[StreamRecord]) -> list[StreamRecord]:
    """As many of the first records as fit into one invocation, but at least one."""
    total = 0
    for index, record in enumerate(records):
        total += len(record.data) + 400
        if total > _MAX_PAYLOAD_BYTES and index:
            return records[:index]
    return records


def _iso(at: float) -> str:
    return datetime.datetime.fromtimestamp(at, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
