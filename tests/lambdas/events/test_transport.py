"""What clients can rely on with either event transport: durability, identity, order, and poison records.

Kinesis, Firehose and the profiles table are fakes that refuse what a test says. With the transport `kinesis`
the stream function and the lake read the stream afterwards.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.events.direct import DirectTransport
from lambdas.events.kinesis import KinesisTransport
from lambdas.events.operations import EventTransport
from lambdas.stores.batch_writes import TableBusyError
from lambdas.stores.profile_writer import ProfileWriter
from lambdas.stores.profiles import Profiles
from lambdas.stores.rejected_events import RejectedEvents
from lambdas.stream.consuming import consume
from tastemaker.contracts.streamed_event import StreamedEvent, event_identity
from tastemaker.errors import ServiceUnavailable

ARRIVED = 1_700_000_000.0
DAYS = 90
TRANSPORTS = ("kinesis", "direct")


def event(number: int, user: str | None = "ann", **members: Any) -> StreamedEvent:
    whole = {
        "eventId": f"e{number}",
        "userId": user,
        "sessionId": "s",
        "itemId": f"i{number}",
        "eventType": "view",
        "sentAt": 1_000 + number,
        "properties": "{}",
        "datasetGroup": "shop",
        "trackingId": "t",
    }
    return cast(
        StreamedEvent, {name: value for name, value in {**whole, **members}.items() if value is not None}
    )


class Refusals:
    """Whether the next record is refused: the answers in order, and no afterwards."""

    def __init__(self, answers: Iterable[bool] = ()) -> None:
        self._answers = list(answers)

    def next(self) -> bool:
        return self._answers.pop(0) if self._answers else False

    def end(self) -> None:
        self._answers.clear()


class Stream:
    """Kinesis and Firehose: both keep what they accept, and say for each record whether they did."""

    def __init__(self, refusals: Refusals, error: str | None = None) -> None:
        self.refusals, self.error = refusals, error
        self.calls: list[int] = []
        self.stored: list[bytes] = []

    def put_records(self, *, StreamName: str, Records: list[Any]) -> dict[str, Any]:  # noqa: N803
        assert all(record["PartitionKey"] for record in Records)
        failed, results = self._store(Records, "PutRecords")
        return {"FailedRecordCount": failed, "Records": results}

    def put_record_batch(self, *, DeliveryStreamName: str, Records: list[Any]) -> dict[str, Any]:  # noqa: N803
        failed, results = self._store(Records, "PutRecordBatch")
        return {"FailedPutCount": failed, "RequestResponses": results}

    def _store(self, records: list[Any], operation: str) -> tuple[int, list[dict[str, str]]]:
        self.calls.append(len(records))
        if self.error:
            raise ClientError({"Error": {"Code": self.error, "Message": "busy"}}, operation)
        results: list[dict[str, str]] = []
        for record in records:
            if self.refusals.next():
                results.append({"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "slow down"})
            else:
                self.stored.append(record["Data"])
                results.append({"RecordId": "r"})
        return sum("ErrorCode" in result for result in results), results


class Table:
    """The profiles table. It rejects numbers out of range, as DynamoDB does."""

    def __init__(self, refusals: Refusals) -> None:
        self.refusals = refusals
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
        ((table, requests),) = RequestItems.items()
        items = [request["PutRequest"]["Item"] for request in requests]
        if any(abs(float(item.get("eventValue", {"N": "0"})["N"])) > 9.99e125 for item in items):
            error = {"Code": "ValidationException", "Message": "Number overflow"}
            raise ClientError({"Error": error}, "BatchWriteItem")
        left = []
        for request, item in zip(requests, items, strict=True):
            if self.refusals.next():
                left.append(request)
            else:
                self.rows[item["profile"]["S"], item["event"]["S"]] = item
        return {"UnprocessedItems": {table: left} if left else {}}

    def query(self, *, ExpressionAttributeValues: Mapping[str, Any], Limit: int, **_: Any) -> Any:  # noqa: N803
        wanted = ExpressionAttributeValues[":profile"]["S"]
        keys = sorted((key for key in self.rows if key[0] == wanted), reverse=True)
        return {"Items": [self.rows[key] for key in keys[:Limit]]}


class Aside:
    """The folder of rejected events."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, str]] = {}

    def write(self, key: str, text: str) -> None:
        assert key.startswith("failed/events/rejected/2023/11/14/") and key.endswith(".json")
        self.stored[key] = json.loads(text)

    @property
    def events(self) -> list[tuple[str, str]]:
        """(event id, reason) of each rejected event."""
        found = [(json.loads(base64.b64decode(one["data"])), one["reason"]) for one in self.stored.values()]
        return sorted((content["eventId"], reason) for content, reason in found)


class World:
    """One transport and what is behind it."""

    def __init__(self, transport: str, refusals: Iterable[bool] = (), error: str | None = None) -> None:
        refused = Refusals(refusals)
        self.stream, self.table, self.aside = Stream(refused, error), Table(refused), Aside()
        self._profiles = ProfileWriter(self.table, "profiles", lambda _: None)
        self._rejected = RejectedEvents(self.aside)
        self._delivered = 0
        self.name = transport
        self.transport: EventTransport
        if transport == "kinesis":
            self.transport = KinesisTransport(self.stream, "events", lambda _: None)
        else:
            self.transport = DirectTransport(
                self.stream,
                "events",
                self._profiles,
                self._rejected,
                profile_days=DAYS,
                clock=lambda: ARRIVED,
                sleep=lambda _: None,
            )

    def put(self, *events: StreamedEvent) -> None:
        """Send events as a client does that has not been acknowledged, until it is."""
        for _ in range(20):
            try:
                self.transport.put(events)
                break
            except ServiceUnavailable:
                continue
        else:
            raise AssertionError("never acknowledged")
        self.read_stream()

    def read_stream(self) -> None:
        """Let the stream function read what is new in the stream. Lambda repeats a batch that failed."""
        if self.name == "direct":
            return
        new = self.stream.stored[self._delivered :]
        self._delivered = len(self.stream.stored)
        records = [
            {
                "kinesis": {
                    "sequenceNumber": str(self._delivered + number),
                    "data": base64.b64encode(data).decode(),
                    "approximateArrivalTimestamp": ARRIVED,
                }
            }
            for number, data in enumerate(new)
        ]
        while records:
            try:
                consume({"Records": records}, self._profiles, self._rejected, DAYS)
                return
            except TableBusyError:
                continue

    @property
    def lake(self) -> set[tuple[str, str]]:
        """The identities of the events that Firehose got, as readers of the lake tell them apart."""
        rows = map(json.loads, self.stream.stored)
        return {event_identity(row.get("userId"), row.get("sessionId"), row["eventId"]) for row in rows}

    def history(self, user: str) -> list[tuple[str, str | None, int]]:
        """(event id, item, time) of a user's events, newest first."""
        live = Profiles(self.table, "profiles").newest("shop", user)
        return [(one.event_id, one.item, one.time) for one in live]


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_acknowledged_events_are_in_the_profile_and_in_the_lake(transport: str) -> None:
    world = World(transport)
    world.put(event(1), event(2), event(3, user=None))
    assert world.history("ann") == [("e2", "i2", 1_002), ("e1", "i1", 1_001)]
    assert world.history("s") == [("e3", "i3", 1_003)]
    assert world.lake == {("ann", "e1"), ("ann", "e2"), ("s", "e3")}


def test_every_member_reaches_the_lake_and_the_profile_expires(transport: str) -> None:
    world = World(transport)
    sent = event(1, eventValue=2.5, impression="a|b", recommendationId="RID-1", properties='{"A":"ü"}')
    world.put(sent)
    assert [json.loads(row) for row in world.stream.stored] == [sent]
    (stored,) = [row for row in world.table.rows.values() if "eventType" in row]
    assert (stored["properties"]["S"], stored["eventValue"]["N"]) == ('{"A":"ü"}', "2.5")
    days = (int(stored["expiresAt"]["N"]) - ARRIVED) / 86_400
    assert DAYS <= days <= DAYS + 1


def test_only_refused_records_are_sent_again(transport: str) -> None:
    world = World(transport, [False, True, False, True])
    world.put(event(1), event(2), event(3))
    assert world.stream.calls == [3, 1, 1]
    assert len(world.stream.stored) == 3


def test_request_is_not_acknowledged_while_records_are_refused(transport: str) -> None:
    world = World(transport, [True] * 1_000)
    with pytest.raises(ServiceUnavailable, match="1 of 1 events could not be stored; send them again"):
        world.transport.put([event(1)])
    assert (world.stream.stored, world.table.rows) == ([], {})


@pytest.mark.parametrize("code", ["ServiceUnavailableException", "ProvisionedThroughputExceededException"])
def test_service_that_refuses_whole_calls_is_asked_again_and_then_unavailable(
    transport: str, code: str
) -> None:
    world = World(transport, error=code)
    with pytest.raises(ServiceUnavailable):
        world.transport.put([event(1)])
    assert len(world.stream.calls) == 6


def test_error_that_does_not_pass_is_not_repeated(transport: str) -> None:
    world = World(transport, error="AccessDeniedException")
    with pytest.raises(ClientError):
        world.transport.put([event(1)])
    assert len(world.stream.calls) == 1


def test_direct_request_is_not_acknowledged_if_only_the_lake_has_its_events() -> None:
    world = World("direct", [False, *[True] * 1_000])
    with pytest.raises(ServiceUnavailable):
        world.transport.put([event(1)])
    assert world.lake == {("ann", "e1")}
    assert world.history("ann") == []
    world.table.refusals.end()
    world.put(event(1))  # the client sends it again
    assert world.history("ann") == [("e1", "i1", 1_001)]
    assert world.lake == {("ann", "e1")}


@given(
    st.sampled_from(TRANSPORTS),
    st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=5), min_size=1, max_size=4),
    st.lists(st.booleans(), max_size=60),
)
@settings(max_examples=60)
def test_no_acknowledged_event_is_lost_or_counted_twice(
    transport: str, calls: list[list[int]], refusals: list[bool]
) -> None:
    world = World(transport, refusals)
    for numbers in calls:
        world.put(*map(event, numbers))
    sent = {number for numbers in calls for number in numbers}
    newest_first = sorted(sent, reverse=True)
    assert world.history("ann") == [(f"e{number}", f"i{number}", 1_000 + number) for number in newest_first]
    assert world.lake == {("ann", f"e{number}") for number in sent}


@given(st.sampled_from(TRANSPORTS), st.permutations(range(8)), st.integers(1, 8))
@settings(max_examples=40)
def test_history_has_the_order_of_time_whatever_the_order_of_arrival(
    transport: str, arrived: list[int], size: int
) -> None:
    world = World(transport)
    for start in range(0, len(arrived), size):
        world.put(*map(event, arrived[start : start + size]))
    assert [time for _, _, time in world.history("ann")] == list(range(1_007, 999, -1))


def test_same_id_of_two_users_is_two_events_and_of_one_user_is_one(transport: str) -> None:
    world = World(transport)
    world.put(event(1), event(1, user="bob"))
    world.put(event(1))
    assert world.history("ann") == world.history("bob") == [("e1", "i1", 1_001)]
    assert world.lake == {("ann", "e1"), ("bob", "e1")}


def test_event_that_the_table_rejects_is_put_aside_and_the_others_are_stored(transport: str) -> None:
    world = World(transport)
    poison = event(30, eventValue=1e308)
    world.put(*map(event, range(4)), poison, *map(event, range(4, 8)))
    assert [number for number, _, _ in world.history("ann")] == [f"e{number}" for number in range(7, -1, -1)]
    assert world.aside.events == [("e30", "Number overflow")]


def test_rejected_event_that_is_sent_again_is_put_aside_once() -> None:
    """The stream numbers its records, so there the same event may be put aside twice."""
    world = World("direct")
    for _ in range(3):
        world.put(event(1, eventValue=1e308))
    assert len(world.aside.stored) == 1


def test_request_is_not_acknowledged_if_a_rejected_event_cannot_be_put_aside() -> None:
    class Full(Aside):
        def write(self, key: str, text: str) -> None:
            raise OSError("no")

    world = World("direct")
    rejected = RejectedEvents(Full())
    writer = ProfileWriter(world.table, "profiles")
    direct = DirectTransport(world.stream, "events", writer, rejected, profile_days=DAYS)
    with pytest.raises(OSError, match="no"):
        direct.put([event(1, eventValue=1e308)])
