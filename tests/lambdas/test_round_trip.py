"""The handlers as Lambda calls them, on moto: an event goes in, and the user's next answer is another."""

import base64
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.stores.records import ResourceTable
from tastemaker.control.core.records import Record
from tests.lambdas.aws import upload
from tests.lambdas.events.test_operations import SCHEMAS
from tests.tastemaker.serving.films import GROUP, PREFIX, write_bundle

REGION = "eu-west-1"
ENVIRONMENT = {
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "TASTEMAKER_AUTHORIZATION": "off",
    "TASTEMAKER_RESOURCES_TABLE": "resources",
    "TASTEMAKER_PROFILES_TABLE": "profiles",
    "TASTEMAKER_CATALOG_TABLE": "catalog",
    "TASTEMAKER_RECOMMENDATIONS_TABLE": "recommendations",
    "TASTEMAKER_EVENT_STREAM": "events",
    "TASTEMAKER_LAKE_BUCKET": "lake",
}
KEYS = {
    "resources": ["arn"],
    "profiles": ["profile", "event"],
    "catalog": ["dataset", "id"],
    "recommendations": ["version", "key"],
}
HANDLERS = ["runtime", "events", "stream", "importing"]


@pytest.fixture
def direct() -> bool:
    """Whether the events function has the transport `direct`; a test may ask for both."""
    return False


@pytest.fixture
def handlers(
    direct: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[dict[str, ModuleType]]:
    """Handlers that were imported now, as in a new environment, and what the stack makes for them."""
    for name, value in (ENVIRONMENT | ({"TASTEMAKER_DELIVERY_STREAM": "delivery"} if direct else {})).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        for table, keys in KEYS.items():
            dynamodb.create_table(
                TableName=table,
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind}
                    for key, kind in zip(keys, ["HASH", "RANGE"], strict=False)
                ],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                BillingMode="PAY_PER_REQUEST",
            )
        boto3.client("kinesis").create_stream(StreamName="events", ShardCount=1)
        s3 = boto3.client("s3")
        for bucket in ("lake", "data"):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        boto3.client("firehose").create_delivery_stream(
            DeliveryStreamName="delivery",
            S3DestinationConfiguration={
                "RoleARN": "arn:aws:iam::123456789012:role/r",
                "BucketARN": "arn:aws:s3:::lake",
            },
        )
        fill(ResourceTable(dynamodb, "resources"), s3, write_bundle(tmp_path / "films", "sequence"))
        names = [f"lambdas.{name}.handler" for name in HANDLERS]
        yield {name.split(".")[1]: importlib.import_module(name) for name in names}
        for name in names:
            sys.modules.pop(name)


def fill(records: ResourceTable, s3: Any, bundle: Path) -> None:
    """One dataset group with a tracker and a campaign."""
    upload(s3, bundle, "models/")

    def add(suffix: str, kind: str, *, aliases: tuple[str, ...] = (), **body: Any) -> None:
        arn = PREFIX + suffix
        records.create(Record(arn, kind, body), aliases=dict.fromkeys(aliases, arn))

    recipe = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
    model: dict[str, Any] = {"recipeArn": recipe, "datasetGroupArn": GROUP}
    version = f"{PREFIX}solution/s/1"
    add("solution/s/1", "SolutionVersion", status="ACTIVE", _bundle="s3://lake/models/", **model)
    serving = {"solutionVersionArn": version, "bundle": "s3://lake/models/", **model}
    add("campaign/c", "Campaign", status="ACTIVE", _serving=serving)
    add("event-tracker/1", "EventTracker", aliases=("tracking-id/t",), status="ACTIVE", datasetGroupArn=GROUP)
    for kind, schema in SCHEMAS.items():
        add(f"schema/{kind}", "Schema", schema=schema)
        add(
            f"dataset/films/{kind}",
            "Dataset",
            status="ACTIVE",
            datasetGroupArn=GROUP,
            datasetType=kind,
            schemaArn=f"{PREFIX}schema/{kind}",
        )


def call(handler: ModuleType, path: str, body: dict[str, Any]) -> dict[str, Any]:
    request = {"rawPath": path, "requestContext": {"http": {"method": "POST"}}, "body": json.dumps(body)}
    answer = handler.handle(request)
    assert answer["statusCode"] == 200, answer
    return json.loads(answer["body"] or "{}")


def delivered() -> dict[str, Any]:
    """What the event source hands to the stream function."""
    kinesis = boto3.client("kinesis")
    (shard,) = kinesis.list_shards(StreamName="events")["Shards"]
    iterator = kinesis.get_shard_iterator(
        StreamName="events", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    return {
        "Records": [
            {
                "eventID": f"shardId-000000000000:{record['SequenceNumber']}",
                "kinesis": {
                    "sequenceNumber": record["SequenceNumber"],
                    "partitionKey": record["PartitionKey"],
                    "data": base64.b64encode(record["Data"]).decode(),
                    "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].timestamp(),
                },
            }
            for record in kinesis.get_records(ShardIterator=iterator)["Records"]
        ]
    }


def stored_events() -> list[dict[str, Any]]:
    """The rows of the profiles table that are events; others list users."""
    items = boto3.client("dynamodb").scan(TableName="profiles")["Items"]
    return [item for item in items if "eventType" in item]


@pytest.mark.parametrize("direct", [False, True], ids=["kinesis", "direct"])
def test_event_changes_the_next_answer(handlers: dict[str, ModuleType], direct: bool) -> None:
    question = {"campaignArn": f"{PREFIX}campaign/c", "userId": "ann"}

    def first() -> str:
        return call(handlers["runtime"], "/recommendations", question)["itemList"][0]["itemId"]

    assert first() == "dune"
    event = {"eventType": "view", "itemId": "emma", "sentAt": 1_700_000_000}
    body = {"trackingId": "t", "sessionId": "s", "userId": "ann", "eventList": [event]}
    assert call(handlers["events"], "/events", body) == {}
    if direct:
        call(handlers["events"], "/events", body)  # clients repeat themselves
    else:
        assert first() == "dune"
        for _ in range(2):  # streams repeat themselves
            assert handlers["stream"].handle(delivered()) == {"batchItemFailures": []}
    assert first() == "emma"
    assert len(stored_events()) == 1


def test_items_reach_the_catalog(handlers: dict[str, ModuleType]) -> None:
    item = {"itemId": "fargo", "properties": '{"price": 3}'}
    call(handlers["events"], "/items", {"datasetArn": f"{PREFIX}dataset/films/ITEMS", "items": [item]})
    rows = boto3.client("dynamodb").scan(TableName="catalog")["Items"]
    stored, logged = sorted(rows, key=lambda row: row["dataset"]["S"])
    assert logged["dataset"]["S"].endswith("/ITEMS#changes") and logged["properties"] == stored["properties"]
    assert (stored["id"]["S"], json.loads(stored["properties"]["S"])) == ("fargo", {"PRICE": 3.0})


def test_warming_loads_the_bundle_of_a_campaign(handlers: dict[str, ModuleType]) -> None:
    request = {"solutionVersionArn": f"{PREFIX}solution/s/1", "campaignArn": f"{PREFIX}campaign/c"}
    assert handlers["runtime"].handle({"warm": request})["answered"] == 5


def test_plan_is_imported_with_the_callers_role(handlers: dict[str, ModuleType]) -> None:
    s3 = boto3.client("s3")
    s3.put_object(Bucket="data", Key="u.csv", Body=b"USER_ID,AGE\nann,30\nbob,12\n")
    plan = {
        "arn": f"{PREFIX}dataset-import-job/j",
        "datasetType": "USERS",
        "schema": SCHEMAS["USERS"],
        "source": "s3://data/u.csv",
        "roleArn": "arn:aws:iam::123456789012:role/PersonalizeRole",
        "destination": "groups/films/datasets/USERS/j/",
    }
    assert handlers["importing"].handle(plan)["rows"] == 2
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="lake", Prefix="groups/")["Contents"]]
    assert keys == ["groups/films/datasets/USERS/j/part-00000.parquet"]
