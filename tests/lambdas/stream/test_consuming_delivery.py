"""Tests that a user's history does not depend on how the stream delivers the events.

Events of several users may arrive in any order, in any batches, and some of them twice.
"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.stores.profile_writer import ProfileWriter
from lambdas.stores.profiles import Profiles
from tastemaker.events.streaming import stream_records
from tastemaker.ids import Ids
from tastemaker.models.event_types import EventTypes
from tastemaker.schemas import parse
from tastemaker.serving.history import LiveEvent, merged
from tests.lambdas.stream.test_consuming import Aside, batch, consume
from tests.standard_schemas import avro

ITEMS = ("alien", "brazil", "casablanca")
SCHEMA = parse(avro())
START = 1_700_000_000


class Table:
    """A table of profiles in memory, with the two operations of DynamoDB that `Profiles` uses."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
        (requests,) = RequestItems.values()
        keys = [
            (r["PutRequest"]["Item"]["profile"]["S"], r["PutRequest"]["Item"]["event"]["S"]) for r in requests
        ]
        assert len(set(keys)) == len(keys) <= 25  # DynamoDB refuses the same key twice in one call
        self.rows |= {key: r["PutRequest"]["Item"] for key, r in zip(keys, requests, strict=True)}
        return {}

    def query(self, *, ExpressionAttributeValues: dict[str, Any], Limit: int, **more: Any) -> Any:  # noqa: N803
        wanted = ExpressionAttributeValues[":profile"]["S"]
        keys = sorted((key for key in self.rows if key[0] == wanted), reverse=True)
        return {"Items": [self.rows[key] for key in keys[:Limit]]}


CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "userId": st.sampled_from([None, "ann", "bob"]),
            "sessionId": st.sampled_from(["morning", "evening"]),
            "eventList": st.lists(
                st.fixed_dictionaries(
                    {
                        "eventType": st.sampled_from(["view", "buy"]),
                        "itemId": st.sampled_from(ITEMS),
                        "sentAt": st.integers(START, START + 20),
                    },
                    optional={"eventId": st.uuids().map(str)},
                ),
                min_size=1,
                max_size=3,
            ),
        }
    ),
    max_size=5,
)


def streamed(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records that PutEvents puts on the stream."""
    given = [{name: part for name, part in call.items() if part is not None} for call in calls]
    return [
        record
        for call in given
        for record in stream_records({"trackingId": "t", **call}, SCHEMA, "films", now=START)
    ]


def deliver(table: Table, records: list[dict[str, Any]]) -> None:
    """Consume one batch. Kinesis sends no empty batch."""
    if records:
        consume(batch(*records), ProfileWriter(table, "profiles"), Aside())


def histories(table: Table) -> dict[str, list[tuple[int, int, int]]]:
    """The history of each user, and of each session without a user: (item, time, type) of its events."""
    profiles, ids = Profiles(table, "profiles"), Ids.build(ITEMS)
    found = {}
    for who in ("ann", "bob", "morning", "evening"):
        live: list[LiveEvent] = profiles.newest("films", who)
        past = merged(ids, EventTypes(("buy", "view")), None, live)
        found[who] = list(
            zip(past.items.tolist(), past.timestamps.tolist(), past.types.tolist(), strict=True)
        )
    return found


@given(CALLS, st.data())
@settings(max_examples=25)
def test_order_batches_and_duplicates_do_not_change_histories(
    calls: list[dict[str, Any]], data: st.DataObject
) -> None:
    records = streamed(calls)
    good = Table()
    deliver(good, records)
    again = data.draw(st.lists(st.sampled_from(records), max_size=6)) if records else []
    arrived = data.draw(st.permutations([*records, *again]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(arrived)), max_size=3)))
    table = Table()
    for start, end in zip([0, *cuts], [*cuts, len(arrived)], strict=True):
        deliver(table, arrived[start:end])
    assert table.rows.keys() == good.rows.keys()
    assert histories(table) == histories(good)


@given(CALLS)
@settings(max_examples=25)
def test_event_belongs_to_its_user_or_else_to_its_session(calls: list[dict[str, Any]]) -> None:
    table = Table()
    deliver(table, streamed(calls))
    for who, past in histories(table).items():
        mine = [call for call in calls if (call["userId"] or call["sessionId"]) == who]
        sent = {(event["itemId"], event["sentAt"]) for call in mine for event in call["eventList"]}
        ids = Ids.build(ITEMS)
        assert {(ids[item], time) for item, time, _ in past} <= sent
        assert bool(past) == bool(sent)
