"""Kinesis batches become profiles: repeated, late and damaged records included."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from lambdas.stores.batch_writes import TableBusyError
from lambdas.stores.profiles import Profiles
from lambdas.stream.consuming import consume

TABLE = "profiles"


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


def items(profiles: Profiles, user: str = "u") -> list[str | None]:
    return [event.item for event in profiles.newest("shop", user)]


def test_newest_first_and_sessions_apart(client: Any) -> None:
    profiles = Profiles(client, TABLE)
    assert consume(batch(event(2), event(1), event(3, userId=None)), profiles) == {"batchItemFailures": []}
    assert items(profiles) == ["i2", "i1"]
    assert items(profiles, "s") == ["i3"]
    assert profiles.newest("other", "u") == []


def test_every_member_is_kept_and_expires(client: Any) -> None:
    more = {"eventValue": 2.5, "impression": "a|b", "recommendationId": "RID-1", "properties": '{"A":1}'}
    consume(batch(event(1, **more)), Profiles(client, TABLE))
    (item,) = client.scan(TableName=TABLE)["Items"]
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


def test_a_bad_record_is_reported_and_the_others_are_stored(client: Any) -> None:
    profiles = Profiles(client, TABLE)
    answer = consume(batch(event(1), b"\xff{", event(2), event(3, eventType=None), event(4)), profiles)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "3"}]}
    assert items(profiles) == ["i4", "i2", "i1"]


def test_a_batch_of_nothing_but_bad_records_fails_as_a_whole(client: Any) -> None:
    with pytest.raises(BatchProcessingError):
        consume(batch(b"[]", b"no"), Profiles(client, TABLE))


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=60),
    st.randoms(use_true_random=False),
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_repeated_and_late_delivery_ends_with_the_same_profile(
    client: Any, numbers: list[int], random: Any
) -> None:
    for item in client.scan(TableName=TABLE)["Items"]:
        client.delete_item(TableName=TABLE, Key={name: item[name] for name in ("profile", "event")})
    profiles = Profiles(client, TABLE)
    consume(batch(*(event(number) for number in numbers)), profiles)
    random.shuffle(numbers)
    consume(batch(*(event(number) for number in numbers[: len(numbers) // 2 + 1])), profiles)
    assert items(profiles) == [f"i{number}" for number in sorted(set(numbers), reverse=True)]


class Throttled:
    """A client that takes one item per call, and nothing at all after `most`."""

    def __init__(self, most: int) -> None:
        self.most, self.taken, self.calls = most, 0, 0

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls += 1
        ((table, requests),) = RequestItems.items()
        taken = 1 if self.taken < self.most else 0
        self.taken += taken
        return {"UnprocessedItems": {table: requests[taken:]} if requests[taken:] else {}}


def test_unprocessed_items_are_written_again_and_a_throttled_table_fails_the_batch() -> None:
    waits: list[float] = []
    patient = Throttled(5)
    consume(batch(*map(event, range(5))), Profiles(patient, TABLE, waits.append))
    assert (patient.taken, len(waits)) == (5, 4)
    with pytest.raises(TableBusyError, match="3 events"):
        consume(batch(*map(event, range(5))), Profiles(Throttled(2), TABLE, waits.append))
