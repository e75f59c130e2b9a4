"""Tests that batches of the stream become profiles."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from lambdas.stores.batch_writes import TableBusyError
from lambdas.stores.profile_writer import ProfileWriter
from lambdas.stores.profiles import Profiles
from lambdas.stores.rejected_events import RejectedEvents
from lambdas.stream import consuming
from tastemaker.contracts.table_keys import profile_index_of

TABLE = "profiles"
DAYS = 90


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-west-1")
        client.create_table(
            TableName=TABLE,
            KeySchema=[
                {"AttributeName": "profile", "KeyType": "HASH"},
                {"AttributeName": "event", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "profile", "AttributeType": "S"},
                {"AttributeName": "event", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


class Aside:
    """Where rejected records go, by their sequence number."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, str]] = {}

    def write(self, key: str, text: str) -> None:
        content = json.loads(text)
        assert key == f"failed/events/rejected/2023/11/14/{content['sequenceNumber']}.json"
        self.stored[content["sequenceNumber"]] = content

    @property
    def reasons(self) -> dict[str, str]:
        return {number: content["reason"].partition(":")[0] for number, content in self.stored.items()}


def consume(batch: dict[str, Any], profiles: ProfileWriter, aside: Aside) -> dict[str, Any]:
    return consuming.consume(batch, profiles, RejectedEvents(aside), DAYS)


def event(number: int, **members: Any) -> dict[str, Any]:
    whole = {
        "eventId": f"e{number}",
        "trackingId": "t",
        "datasetGroup": "shop",
        "userId": "u",
        "sessionId": "s",
        "sentAt": 1000 + number,
        "eventType": "view",
        "itemId": f"i{number}",
        "properties": "{}",
    }
    return {name: value for name, value in {**whole, **members}.items() if value is not None}


def batch(*contents: dict[str, Any] | bytes) -> dict[str, Any]:
    return {
        "Records": [
            {
                "kinesis": {
                    "sequenceNumber": str(place),
                    "data": base64.b64encode(
                        content if isinstance(content, bytes) else json.dumps(content).encode()
                    ).decode(),
                    "approximateArrivalTimestamp": 1_700_000_000.5,
                },
                "eventID": f"shard:{place}",
            }
            for place, content in enumerate(contents)
        ]
    }


def items(client: Any, user: str = "u") -> list[str | None]:
    return [event.item for event in Profiles(client, TABLE).newest("shop", user)]


def test_profile_has_the_newest_event_first_and_sessions_have_their_own(client: Any) -> None:
    profiles = ProfileWriter(client, TABLE)
    assert consume(batch(event(2), event(1), event(3, userId=None)), profiles, Aside()) == {
        "batchItemFailures": []
    }
    assert items(client) == ["i2", "i1"]
    assert items(client, "s") == ["i3"]
    assert Profiles(client, TABLE).newest("other", "u") == []


def test_every_member_is_stored_and_expires_after_90_days(client: Any) -> None:
    more = {"eventValue": 2.5, "impression": "a|b", "recommendationId": "RID-1", "properties": '{"A":1}'}
    consume(batch(event(1, **more)), ProfileWriter(client, TABLE), Aside())
    listed, item = sorted(client.scan(TableName=TABLE)["Items"], key=len)
    assert (listed["profile"]["S"], listed["event"]["S"]) == (profile_index_of("shop", "u"), "u")
    assert int(listed["expiresAt"]["N"]) > int(item["expiresAt"]["N"])  # a user stays listed longer
    expires = int(item.pop("expiresAt")["N"])
    assert 90 <= (expires - 1_700_000_000) / 86_400 <= 91
    assert item == {
        "profile": {"S": "shop#u"},
        "event": {"S": "000000001001000#e1"},
        "itemId": {"S": "i1"},
        "eventType": {"S": "view"},
        "eventValue": {"N": "2.5"},
        "properties": {"S": '{"A":1}'},
        "sessionId": {"S": "s"},
        "impression": {"S": "a|b"},
        "recommendationId": {"S": "RID-1"},
    }


def test_bad_record_is_put_aside_at_once_and_the_others_are_stored(client: Any) -> None:
    profiles, aside = ProfileWriter(client, TABLE), Aside()
    answer = consume(batch(event(1), b"\xff{", event(2), event(3, eventType=None), event(4)), profiles, aside)
    assert answer == {"batchItemFailures": []}
    assert items(client) == ["i4", "i2", "i1"]
    assert aside.reasons == {"1": "the record is not a JSON object", "3": "the event lacks eventType"}
    assert json.loads(base64.b64decode(aside.stored["3"]["data"])) == event(3, eventType=None)


def test_batch_of_bad_records_does_not_come_again(client: Any) -> None:
    aside = Aside()
    answer = consume(batch(b"[]", b"no", event(1, sentAt="soon")), ProfileWriter(client, TABLE), aside)
    assert answer == {"batchItemFailures": []}
    assert sorted(aside.stored) == ["0", "1", "2"]


def test_batch_comes_again_if_a_bad_record_cannot_be_put_aside(client: Any) -> None:
    class Full(Aside):
        def write(self, key: str, text: str) -> None:
            raise OSError("no")

    with pytest.raises(OSError, match="no"):
        consume(batch(event(1), b"no"), ProfileWriter(client, TABLE), Full())


class Strict:
    """A table that rejects a batch in which a number is out of DynamoDB's range, as DynamoDB does."""

    def __init__(self) -> None:
        self.stored: list[str] = []
        self.calls = 0

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls += 1
        found = [request["PutRequest"]["Item"] for request in RequestItems[TABLE]]
        if any(abs(float(item.get("eventValue", {"N": "0"})["N"])) > 9.99e125 for item in found):
            error = {"Code": "ValidationException", "Message": "Number overflow"}
            raise ClientError({"Error": error}, "BatchWriteItem")
        self.stored += [item["itemId"]["S"] for item in found if "itemId" in item]
        return {}


def test_event_that_dynamodb_rejects_is_put_aside_and_the_others_are_stored() -> None:
    table, aside = Strict(), Aside()
    poison = [event(40, eventValue=1e308), event(41, eventValue=-1e300)]
    consume(batch(*map(event, range(30)), *poison), ProfileWriter(table, TABLE), aside)
    assert sorted(table.stored) == sorted(f"i{number}" for number in range(30))
    assert aside.reasons == {"30": "Number overflow", "31": "Number overflow"}
    assert table.calls < 25


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=60),
    st.randoms(use_true_random=False),
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_repeated_and_late_delivery_does_not_change_the_profile(
    client: Any, numbers: list[int], random: Any
) -> None:
    for item in client.scan(TableName=TABLE)["Items"]:
        client.delete_item(TableName=TABLE, Key={name: item[name] for name in ("profile", "event")})
    profiles = ProfileWriter(client, TABLE)
    consume(batch(*(event(number) for number in numbers)), profiles, Aside())
    random.shuffle(numbers)
    consume(batch(*(event(number) for number in numbers[: len(numbers) // 2 + 1])), profiles, Aside())
    assert items(client) == [f"i{number}" for number in sorted(set(numbers), reverse=True)]


class Counting:
    """A client that counts the rows that list users."""

    def __init__(self) -> None:
        self.listed = self.events = 0

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
        for request in RequestItems[TABLE]:
            if request["PutRequest"]["Item"]["profile"]["S"].startswith("index "):
                self.listed += 1
            else:
                self.events += 1
        return {}


def test_user_is_listed_once_a_day_and_not_for_each_event() -> None:
    table = Counting()
    profiles = ProfileWriter(table, TABLE)
    for start in range(0, 1_000, 100):
        consume(batch(*map(event, range(start, start + 100))), profiles, Aside())
    assert (table.events, table.listed) == (1_000, 1)


class Throttled:
    """A client that accepts one item per call, and no item after the first `most`."""

    def __init__(self, most: int) -> None:
        self.most, self.taken, self.calls = most, 0, 0

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls += 1
        ((table, requests),) = RequestItems.items()
        taken = 1 if self.taken < self.most else 0
        self.taken += taken
        return {"UnprocessedItems": {table: requests[taken:]} if requests[taken:] else {}}


def test_unprocessed_items_are_written_again_and_a_busy_table_fails_the_batch() -> None:
    waits: list[float] = []
    patient = Throttled(6)  # five events and their user
    consume(batch(*map(event, range(5))), ProfileWriter(patient, TABLE, waits.append), Aside())
    assert (patient.taken, len(waits)) == (6, 4)
    with pytest.raises(TableBusyError, match="3 events"):
        consume(batch(*map(event, range(5))), ProfileWriter(Throttled(3), TABLE, waits.append), Aside())
