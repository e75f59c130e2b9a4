"""Fixtures of functions' tests: AWS in memory. A folder's conftest imports those it needs."""

import json
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from tastemaker.contracts.workflow_names import WORKFLOWS

TABLE = "resources"
ROLE = "arn:aws:iam::123456789012:role/r"
LAKE = "lake"


@pytest.fixture
def aws(monkeypatch):
    """AWS in memory, with credentials that are nobody's."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def machines(aws):
    """A state machine of each workflow that succeeds at once: workflow → ARN."""
    states = boto3.client("stepfunctions", "eu-west-1")
    definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
    return {
        name: states.create_state_machine(name=name, definition=definition, roleArn=ROLE)["stateMachineArn"]
        for name in WORKFLOWS
    }


@pytest.fixture
def resources_table(aws):
    """A DynamoDB client that has the resources table, as the template makes it."""
    client = boto3.client("dynamodb", "eu-west-1")
    create_resources_table(client)
    return client


def create_resources_table(client):
    """The table of records with its indexes."""
    text = [
        {"AttributeName": name, "AttributeType": "S"}
        for name in ("arn", "kind", "parent", "moving", "createdAt")
    ]
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "arn", "KeyType": "HASH"}],
        AttributeDefinitions=text,
        GlobalSecondaryIndexes=[
            {
                "IndexName": f"by-{name}",
                "KeySchema": [
                    {"AttributeName": name, "KeyType": "HASH"},
                    {"AttributeName": "createdAt", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
            for name in ("kind", "parent", "moving")
        ],
    )


TABLES = {
    "profiles": ("profile", "event"),
    "catalog": ("dataset", "id"),
    "recommendations": ("version", "key"),
}


@pytest.fixture
def other_tables(aws):
    """A DynamoDB client that has the tables of profiles, of items put one at a time, and of ready answers."""
    client = boto3.client("dynamodb", "eu-west-1")
    for table in TABLES:
        create_table(client, table)
    return client


def create_table(client, table):
    """One of `TABLES`."""
    keys = TABLES[table]
    client.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=True)
        ],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
    )


@pytest.fixture
def lake_client(aws):
    """An S3 client that has the lake bucket."""
    client = boto3.client("s3", "eu-west-1")
    client.create_bucket(Bucket=LAKE, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return client


def upload(client, folder: Path, prefix: str):
    """Put all files of a folder into the lake. The transfer manager of boto3 would start threads for each."""
    for path in folder.rglob("*"):
        if path.is_file():
            key = f"{prefix}{path.relative_to(folder).as_posix()}"
            client.put_object(Bucket=LAKE, Key=key, Body=path.read_bytes())
