"""PutEvents, PutItems and PutUsers behind the wire, on records in memory and fakes of the stream and the
table.
"""

import json
from typing import Any

import pytest

from lambdas.events.catalog import Catalog
from lambdas.events.kinesis import KinesisTransport
from lambdas.events.operations import operations
from lambdas.events.targets import EventTargets
from lambdas.support.http import serve
from lambdas.support.metrics import RequestMetrics
from tastemaker.control.core.records import MemoryRepository, Record
from tastemaker.errors import ServiceUnavailable
from tastemaker.wire import Service
from tests.standard_schemas import ITEM_ID, USER_ID, avro, field

PREFIX = "arn:aws:personalize:eu-west-1:123456789012:"
GROUP = f"{PREFIX}dataset-group/shop"


SENT_AT = 1_700_000_000
SCHEMAS = {
    "INTERACTIONS": avro("Interactions", field("DEVICE", ["null", "string"], categorical=True)),
    "ITEMS": avro(
        "Items",
        fields=[ITEM_ID, field("PRICE", "float"), field("GENRES", ["null", "string"], categorical=True)],
    ),
    "USERS": avro("Users", fields=[USER_ID, field("AGE", "int")]),
}


class Kinesis:
    """Takes records; refuses each the first `refusals` times that it comes."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.stored: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self._refused: dict[bytes, int] = {}

    def put_records(self, *, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        answer, failed = [], 0
        for record in Records:
            times = self._refused.get(record["Data"], 0)
            if times < self.refusals:
                self._refused[record["Data"]] = times + 1
                answer.append({"ErrorCode": "ProvisionedThroughputExceededException"})
                failed += 1
            else:
                self.stored.append(json.loads(record["Data"]))
                self.keys.append(record["PartitionKey"])
                answer.append({"SequenceNumber": "1"})
        return {"FailedRecordCount": failed, "Records": answer}


class Dynamo:
    """Keeps the items of one table by id."""

    def __init__(self, takes: bool = True) -> None:
        self.takes, self.items = takes, {}  # type: ignore[var-annotated]

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
        if not self.takes:
            return {"UnprocessedItems": RequestItems}
        for request in RequestItems["catalog"]:
            item = request["PutRequest"]["Item"]
            self.items[item["id"]["S"]] = item
        return {}


class Shop:
    """The API of one dataset group."""

    def __init__(self, refusals: int = 0, takes: bool = True) -> None:
        self.now = 0.0
        self.records = MemoryRepository()
        self.kinesis, self.dynamo = Kinesis(refusals), Dynamo(takes)
        for kind, schema in SCHEMAS.items():
            self.add(f"schema/{kind}", "schema", schema=schema)
            self.add(
                f"dataset/shop/{kind}",
                "dataset",
                status="ACTIVE",
                datasetGroupArn=GROUP,
                datasetType=kind,
                schemaArn=f"{PREFIX}schema/{kind}",
            )
        self.add("event-tracker/1", "event-tracker", "tracker-1", status="ACTIVE", datasetGroupArn=GROUP)
        self.operations = operations(
            EventTargets(self.records, lambda: self.now),
            KinesisTransport(self.kinesis, "events", lambda _: None),
            Catalog(self.dynamo, "catalog", lambda: 5.0, lambda _: None),
        )

    def add(self, suffix: str, kind: str, tracking_id: str | None = None, **body: Any) -> None:
        aliases = {f"tracking-id/{tracking_id}": PREFIX + suffix} if tracking_id else {}
        self.records.create(Record(PREFIX + suffix, kind, body), aliases=aliases)

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        return self.post_text(path, json.dumps(body))

    def post_text(self, path: str, text: str) -> tuple[int, Any]:
        request = {"rawPath": path, "requestContext": {"http": {"method": "POST"}}, "body": text}
        answer = serve(Service("personalize-events"), request, self.operations, None)
        return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None

    def events(self, *events: dict[str, Any], **members: Any) -> tuple[int, Any]:
        whole = [{"eventType": "view", "sentAt": SENT_AT, "itemId": "i", **event} for event in events]
        body = {"trackingId": "tracker-1", "sessionId": "s", "userId": "u", "eventList": whole, **members}
        return self.post("/events", body)


def test_events_are_partitioned_by_user() -> None:
    shop = Shop()
    assert shop.events({"properties": '{"device": "tv"}'}, {"itemId": "j"}) == (200, None)
    assert [(event["itemId"], event["properties"]) for event in shop.kinesis.stored] == [
        ("i", '{"DEVICE":"tv"}'),
        ("j", "{}"),
    ]
    assert {event["datasetGroup"] for event in shop.kinesis.stored} == {"shop"}
    assert shop.kinesis.keys == ["u", "u"]


def test_only_refused_records_are_sent_again() -> None:
    shop = Shop(refusals=2)
    assert shop.events({}, {"itemId": "j"})[0] == 200
    assert sorted(event["itemId"] for event in shop.kinesis.stored) == ["i", "j"]


def test_stream_that_stays_full_is_service_unavailable() -> None:
    shop = Shop(refusals=99)
    status, body = shop.events({})
    assert (status, body["__type"]) == (503, ServiceUnavailable.code)
    assert shop.kinesis.stored == []


@pytest.mark.parametrize(
    ("events", "members", "text"),
    [
        ([{}], {"trackingId": "nobody"}, "tracking id nobody"),
        ([{}] * 11, {}, "less than or equal to 10"),
        ([{"itemId": None}], {}, "lacks itemId"),
        ([{"properties": "x"}], {}, "not valid JSON"),
        ([], {}, "greater than or equal to 1"),
    ],
)
def test_invalid_request_is_an_invalid_input(
    events: list[dict[str, Any]], members: dict[str, Any], text: str
) -> None:
    status, body = Shop().events(*events, **members)
    assert (status, body["__type"]) == (400, "InvalidInputException")
    assert text in body["message"]


def test_no_event_is_stored_if_one_is_invalid() -> None:
    shop = Shop()
    assert shop.events({}, {"itemId": None})[0] == 400
    assert shop.kinesis.stored == []


def test_tracker_is_cached_for_a_minute() -> None:
    shop = Shop()
    assert shop.events({})[0] == 200
    tracker = shop.records.get(f"{PREFIX}event-tracker/1")
    assert tracker is not None
    shop.records.delete(tracker, aliases=["tracking-id/tracker-1"])
    shop.now = 59
    assert shop.events({})[0] == 200
    shop.now = 61
    assert shop.events({})[0] == 400


def test_group_without_interactions_dataset_is_refused() -> None:
    shop = Shop()
    other = f"{PREFIX}dataset-group/other"
    shop.add("event-tracker/2", "event-tracker", "tracker-2", status="ACTIVE", datasetGroupArn=other)
    status, body = shop.events({}, trackingId="tracker-2")
    assert (status, body["__type"]) == (400, "InvalidInputException")
    assert "no Interactions dataset" in body["message"]


def test_items_and_users_replace_whole_records() -> None:
    shop = Shop()
    arn = f"{PREFIX}dataset/shop/ITEMS"
    items = [
        {"itemId": "1", "properties": '{"price": "2", "genres": "a|b"}'},
        {"itemId": "2", "properties": '{"price": 3}'},
        {"itemId": "1", "properties": '{"price": 4}'},
    ]
    assert shop.post("/items", {"datasetArn": arn, "items": items}) == (200, None)
    assert shop.dynamo.items["1"] == {
        "dataset": {"S": arn},
        "id": {"S": "1"},
        "properties": {"S": '{"PRICE": 4.0}'},
        "updatedAt": {"N": "5.000"},
    }
    users = [{"userId": "u", "properties": '{"age": 30}'}]
    assert shop.post("/users", {"datasetArn": f"{PREFIX}dataset/shop/USERS", "users": users}) == (200, None)
    assert json.loads(shop.dynamo.items["u"]["properties"]["S"]) == {"AGE": 30}


@pytest.mark.parametrize(
    ("arn", "item", "status", "code"),
    [
        ("dataset/shop/USERS", {"itemId": "1", "properties": '{"price": 1}'}, 400, "InvalidInputException"),
        (
            "dataset/none/ITEMS",
            {"itemId": "1", "properties": '{"price": 1}'},
            404,
            "ResourceNotFoundException",
        ),
        ("solution/x", {"itemId": "1", "properties": '{"price": 1}'}, 400, "InvalidInputException"),
        ("dataset/shop/ITEMS", {"itemId": "1"}, 400, "InvalidInputException"),
    ],
)
def test_invalid_item_is_refused(arn: str, item: dict[str, Any], status: int, code: str) -> None:
    answer, body = Shop().post("/items", {"datasetArn": PREFIX + arn, "items": [item]})
    assert (answer, body["__type"]) == (status, code)


LONG = "9" * 400
"""An integer that no float holds, as it is written in a request."""


@pytest.mark.parametrize(
    "event",
    [
        f'{{"eventType": "view", "itemId": "i", "sentAt": {LONG}}}',
        f'{{"eventType": "view", "itemId": "i", "sentAt": -{LONG}}}',
        f'{{"eventType": "view", "itemId": "i", "sentAt": {SENT_AT}, "eventValue": {LONG}}}',
        f'{{"eventType": "view", "itemId": "i", "sentAt": {SENT_AT}, "eventValue": "x"}}',
        f'{{"eventType": "view", "sentAt": {SENT_AT}, "properties": "{{\\"eventValue\\": {LONG}}}"}}',
        f'{{"eventType": "view", "itemId": "{"𝒊" * 256}", "sentAt": {SENT_AT}}}',
        f'{{"eventType": "view", "itemId": "i", "sentAt": {SENT_AT}, "eventId": "{"𝒊" * 256}"}}',
    ],
    ids=["time", "negative time", "value", "text", "property", "item id", "event id"],
)
def test_event_that_cannot_be_stored_is_refused_with_the_events_around_it(event: str) -> None:
    shop = Shop()
    good = f'{{"eventType": "view", "itemId": "i", "sentAt": {SENT_AT}}}'
    text = f'{{"trackingId": "tracker-1", "sessionId": "s", "userId": "u", "eventList": [{good}, {event}]}}'
    status, body = shop.post_text("/events", text)
    assert status == 400 and body["__type"] in ("InvalidInputException", "ValidationException"), body
    assert shop.kinesis.stored == []


@pytest.mark.parametrize(
    "item",
    [
        f'{{"itemId": "{"𝒊" * 253}", "properties": "{{\\"price\\": 1}}"}}',
        f'{{"itemId": "1", "properties": "{{\\"price\\": {LONG}}}"}}',
        '{"itemId": "1", "properties": "{\\"price\\": 1e999}"}',
        '{"itemId": " 1", "properties": "{\\"price\\": 1}"}',
    ],
    ids=["id", "number", "infinity", "blank"],
)
def test_item_that_cannot_be_stored_is_refused(item: str) -> None:
    shop = Shop()
    text = f'{{"datasetArn": "{PREFIX}dataset/shop/ITEMS", "items": [{item}]}}'
    status, body = shop.post_text("/items", text)
    assert (status, body["__type"]) == (400, "InvalidInputException"), body
    assert shop.dynamo.items == {}


def test_table_that_stays_busy_is_service_unavailable() -> None:
    item = {"itemId": "1", "properties": '{"price": 1}'}
    status, body = Shop(takes=False).post(
        "/items", {"datasetArn": f"{PREFIX}dataset/shop/ITEMS", "items": [item]}
    )
    assert (status, body["__type"]) == (503, ServiceUnavailable.code)


def test_actions_need_a_dataset_of_their_type() -> None:
    body = {"datasetArn": f"{PREFIX}dataset/shop/ITEMS", "actions": [{"actionId": "a"}]}
    status, answer = Shop().post("/actions", body)
    assert status == 400 and "of type ITEMS, not ACTIONS" in answer["message"]


def reported(shop: Shop, *events: dict[str, Any]) -> tuple[Any, Any]:
    """Send events with metrics. Returns the figures and the resources of the request."""
    metrics = RequestMetrics()
    shop.operations = operations(
        EventTargets(shop.records, lambda: shop.now),
        KinesisTransport(shop.kinesis, "events", lambda _: None),
        Catalog(shop.dynamo, "catalog", lambda: 5.0, lambda _: None),
        metrics,
    )
    shop.events(*events)
    return metrics._figures, metrics._resources


def test_accepted_events_are_counted_for_their_tracker() -> None:
    figures, resources = reported(Shop(), {}, {"itemId": "j"})
    assert figures == {"AcceptedEvents": 2}
    assert resources == {
        "datasetGroupArn": GROUP,
        "datasetArn": f"{PREFIX}dataset/shop/INTERACTIONS",
        "eventTrackerArn": f"{PREFIX}event-tracker/1",
    }


def test_refused_events_are_counted() -> None:
    figures, _ = reported(Shop(), {}, {"properties": "x"})
    assert figures == {"RefusedEvents": 2}


def test_upserted_records_are_counted_for_their_dataset() -> None:
    shop, metrics = Shop(), RequestMetrics()
    put = operations(
        EventTargets(shop.records),
        KinesisTransport(shop.kinesis, "events"),
        Catalog(shop.dynamo, "catalog", lambda: 5.0, lambda _: None),
        metrics,
    )["PutItems"]
    items = [{"itemId": "i", "properties": '{"price": 5}'}]
    put({"datasetArn": f"{PREFIX}dataset/shop/ITEMS", "items": items})
    assert metrics._figures == {"AcceptedRecords": 1}
    assert metrics._resources["datasetArn"] == f"{PREFIX}dataset/shop/ITEMS"
