"""The rules of PutEvents, PutItems and PutUsers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.contracts.streamed_event import partition_key
from tastemaker.errors import InvalidInput
from tastemaker.events.streaming import stream_records
from tastemaker.events.upserts import catalog_records
from tastemaker.notation import camel
from tastemaker.schemas import Field, Schema

DEVICE = Field("DEVICE", "string", categorical=True)


def schema(*fields: Field) -> Schema:
    base = (Field("USER_ID", "string"), Field("ITEM_ID", "string"), Field("TIMESTAMP", "long"))
    return Schema("Interactions", "INTERACTIONS", base + fields)


def put(*events: dict[str, Any], to: Schema | None = None, **members: Any) -> list[dict[str, Any]]:
    whole = [{"eventType": "click", "sentAt": 100, "itemId": "i", **event} for event in events]
    params = {"trackingId": "t", "sessionId": "s", "userId": "u", "eventList": whole, **members}
    return stream_records({k: v for k, v in params.items() if v is not None}, to or schema(), "shop")


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
            "sentAt": 100,
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


def test_item_and_value_may_be_in_properties() -> None:
    record = put({"itemId": None, "properties": '{"itemId": "x", "eventValue": "4.5"}'})[0]
    assert (record["itemId"], record["eventValue"], record["properties"]) == ("x", 4.5, "{}")
    assert put({"properties": '{"itemId": "x"}'})[0]["itemId"] == "i"


@pytest.mark.parametrize(
    ("field", "given", "stored"),
    [
        (Field("SIZE", "long"), "12", 12),
        (Field("SIZE", "int"), 12.0, 12),
        (Field("SIZE", "float"), "1.5", 1.5),
        (Field("SIZE", "double"), 3, 3.0),
        (Field("SIZE", "string"), 7, "7"),
        (Field("SIZE", "string", categorical=True), ["a", "b"], "a|b"),
        (Field("SIZE", "boolean"), "true", True),
        (Field("SIZE", "boolean"), False, False),
    ],
)
def test_properties_are_stored_with_the_schemas_type(field: Field, given: Any, stored: Any) -> None:
    for name in ("size", "SIZE", "Si_ze"):
        record = put({"properties": json.dumps({name: given})}, to=schema(field))[0]
        assert json.loads(record["properties"]) == {"SIZE": stored}


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
        ({"properties": "{"}, schema(), "not JSON"),
        ({"properties": "[1]"}, schema(), "JSON object"),
        ({"itemId": None}, schema(), "lacks itemId"),
        ({}, schema(Field("EVENT_VALUE", "float")), "lacks eventValue"),
        ({}, schema(Field("NUM_RATINGS", "long")), "lacks numRatings"),
        ({"properties": '{"numRatings": null}'}, schema(Field("NUM_RATINGS", "long")), "null"),
        ({"properties": '{"numRatings": 1.5}'}, schema(Field("NUM_RATINGS", "long")), "whole number"),
        ({"properties": '{"price": "cheap"}'}, schema(Field("PRICE", "float")), "number"),
        ({"properties": '{"price": "1e999"}'}, schema(Field("PRICE", "float")), "number"),
        ({"properties": '{"adult": 1}'}, schema(Field("ADULT", "boolean")), "true or false"),
        ({"properties": json.dumps({"device": "x" * 1001})}, schema(DEVICE),
         "length cannot be more than 1000 characters for DEVICE"),
        ({"sentAt": 1_600_000_000_000}, schema(), "seconds"),
        ({"properties": json.dumps({"note": "x" * 11_000})}, schema(), "10 KB"),
    ],
)  # fmt: skip
def test_invalid_event_is_refused_with_a_reason(event: dict[str, Any], to: Schema, text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        put(event, to=to)


@given(st.text(min_size=1), st.integers(0, 2**31), st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_event_id_depends_on_all_content(item: str, time: int, value: float) -> None:
    event = {"itemId": item, "sentAt": time, "eventValue": value}
    first, again = put(event, dict(event))
    assert first == again
    for changed in ({"itemId": item + "x"}, {"sentAt": time + 1}, {"eventType": "view"}):
        assert put({**event, **changed})[0]["eventId"] != first["eventId"]
    assert put(event, userId="other")[0]["eventId"] != first["eventId"]


def test_items_are_checked_against_their_schema() -> None:
    fields = (
        Field("ITEM_ID", "string"),
        Field("GENRES", "string", nullable=True, categorical=True),
        Field("CREATION_TIMESTAMP", "long"),
        Field("ADULT", "boolean", nullable=True),
    )
    items = Schema("Items", "ITEMS", fields)
    given = [
        {"itemId": "1", "properties": '{"genres": ["a", "b"], "creationTimestamp": "12", "adult": "false"}'}
    ]
    assert catalog_records(given, "itemId", items) == [
        ("1", {"GENRES": "a|b", "CREATION_TIMESTAMP": 12, "ADULT": False})
    ]
    with pytest.raises(InvalidInput, match="properties of 2 lack creationTimestamp"):
        catalog_records([{"itemId": "2"}], "itemId", items)


def test_camel_writes_a_field_name_as_requests_do() -> None:
    assert (camel("NUM_RATINGS"), camel("ITEM_ID"), camel("DEVICE")) == ("numRatings", "itemId", "device")
