"""Tests of the events that PutEvents streams."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.contracts.streamed_event import partition_key
from tastemaker.errors import InvalidInput
from tastemaker.events.streaming import stream_records
from tastemaker.schemas import Field, Schema
from tests.standard_schemas import EVENTS

NOW = 1_700_000_100.0
SENT_AT = 1_700_000_000
DEVICE = Field("DEVICE", "string", categorical=True)


def schema(*fields: Field) -> Schema:
    return Schema("Interactions", "INTERACTIONS", (*EVENTS, *fields))


def put(*events: dict[str, Any], to: Schema | None = None, **members: Any) -> list[dict[str, Any]]:
    whole = [{"eventType": "click", "sentAt": SENT_AT, "itemId": "i", **event} for event in events]
    params = {"trackingId": "t", "sessionId": "s", "userId": "u", "eventList": whole, **members}
    given = {name: value for name, value in params.items() if value is not None}
    return stream_records(given, to or schema(), "shop", now=NOW)


def test_event_has_all_members_and_typed_properties() -> None:
    event = {
        "eventId": "e",
        "eventValue": 2.5,
        "impression": ["a", "b"],
        "recommendationId": "RID-1",
        "metricAttribution": {"eventAttributionSource": "mail"},
        "properties": json.dumps({"numRatings": "7", "device": "tv", "unknown": 1}),
    }
    to = schema(Field("NUM_RATINGS", "long"), Field("DEVICE", "string", categorical=True))
    assert put(event, to=to) == [
        {
            "eventId": "e",
            "trackingId": "t",
            "datasetGroup": "shop",
            "userId": "u",
            "sessionId": "s",
            "sentAt": SENT_AT,
            "eventType": "click",
            "eventValue": 2.5,
            "itemId": "i",
            "impression": "a|b",
            "recommendationId": "RID-1",
            "eventAttributionSource": "mail",
            "properties": '{"DEVICE":"tv","NUM_RATINGS":7}',
        }
    ]


def test_event_without_user_is_partitioned_by_session() -> None:
    record = put({}, userId=None)[0]
    assert "userId" not in record
    assert partition_key(record) == "s"
    assert partition_key(put({})[0]) == "u"


def test_user_or_session_that_cannot_be_a_key_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"userId of the request .* blank"):
        put({}, userId="u ")
    with pytest.raises(InvalidInput, match=r"sessionId of the request .* bytes"):
        put({}, sessionId="\N{GRINNING FACE}" * 251)


def test_item_and_value_may_be_in_properties() -> None:
    record = put({"itemId": None, "properties": '{"itemId": "x", "eventValue": "4.5"}'})[0]
    assert (record["itemId"], record["eventValue"], record["properties"]) == ("x", 4.5, "{}")
    assert put({"properties": '{"itemId": "x"}'})[0]["itemId"] == "i"


def test_impression_is_never_required() -> None:
    record = put({}, to=schema(Field("IMPRESSION", "string"), Field("RECOMMENDATION_ID", "string")))[0]
    assert "impression" not in record and "recommendationId" not in record


@pytest.mark.parametrize(
    "name", ["userId", "SESSION_ID", "eventType", "timestamp", "recommendationId", "Impression"]
)
def test_members_are_refused_as_properties(name: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        put({"properties": json.dumps({name: "x"})})


@pytest.mark.parametrize(
    ("event", "to", "text"),
    [
        ({"itemId": None}, schema(), "lacks itemId"),
        ({}, schema(Field("EVENT_VALUE", "float")), "lacks eventValue"),
        ({}, schema(Field("NUM_RATINGS", "long")), "lacks numRatings"),
        ({"properties": "{"}, schema(), "properties of event 1 are not valid JSON"),
        ({"impression": ["a", "b "]}, schema(), "impression of event 1 is not valid: the id 'b '"),
        ({"impression": ["a", "b|c"]}, schema(), r"impression of event 1 is not valid: 'b\|c' has a \|"),
        ({"properties": '{"size": 1, "size": 2}'}, schema(), "'size' is there twice"),
        ({"properties": '{"device": 1, "num": "x"}'}, schema(Field("NUM", "int")), "num .* of event 1"),
        ({"sentAt": 1_600_000_000_000}, schema(), "time of event 1 .* milliseconds"),
        ({"sentAt": 1_785_864}, schema(), "21 January 1970"),
        ({"sentAt": SENT_AT + 400 * 86_400}, schema(), "in the future"),
        ({"sentAt": 10**400}, schema(), "time of event 1"),
        ({"eventValue": 1e308}, schema(), "eventValue of event 1 .* cannot be stored"),
        ({"eventValue": 1e-300}, schema(), "eventValue of event 1 .* cannot be stored"),
        ({"eventValue": 1e39}, schema(Field("EVENT_VALUE", "float")), "does not fit float"),
        ({"eventValue": 10**400}, schema(), "eventValue of event 1"),
        ({"properties": '{"eventValue": "1e-300"}'}, schema(), "cannot be stored"),
        ({"itemId": " i"}, schema(), "itemId of event 1 .* blank"),
        ({"eventId": "\N{GRINNING FACE}" * 256}, schema(), "eventId of event 1 .* bytes"),
        ({"properties": json.dumps({"note": "x" * 11_000})}, schema(), "10 KB"),
    ],
)  # fmt: skip
def test_invalid_event_is_refused_with_a_reason(event: dict[str, Any], to: Schema, text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        put(event, to=to)


@given(
    st.text(max_size=9),
    st.integers(10**9, 16 * 10**8),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
)
def test_event_id_depends_on_all_content(item: str, time: int, value: float) -> None:
    event = {"itemId": f"i{item}i", "sentAt": time, "eventValue": value}
    first, again = put(event, dict(event))
    assert first == again
    for changed in ({"itemId": f"i{item}x"}, {"sentAt": time + 1}, {"eventType": "view"}):
        assert put({**event, **changed})[0]["eventId"] != first["eventId"]
    assert put(event, userId="other")[0]["eventId"] != first["eventId"]
