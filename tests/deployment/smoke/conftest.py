"""A context whose target is moto, for steps that need no deployment."""

import io

import boto3
import pytest

from deployment.command import Console
from deployment.smoke.context import Context
from deployment.smoke.shop import Shop
from deployment.smoke.target import Target
from infrastructure.stage import load

REGION = "us-east-1"


@pytest.fixture
def target(aws) -> Target:
    """A deployment with an empty lake and one table."""
    session = boto3.Session(region_name=REGION)
    s3 = session.client("s3")
    s3.create_bucket(Bucket="lake")
    s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    session.client("dynamodb").create_table(
        TableName="profiles",
        KeySchema=[{"AttributeName": "profile", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "profile", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return Target(load("dev"), session, "https://api", lake_name="lake", table_names=["profiles"])


@pytest.fixture
def context(target: Target) -> Context:
    return Context(
        target=target,
        console=Console(io.StringIO(), io.StringIO()),
        run="smoke-1",
        recipe="aws-similar-items",
        wait_seconds=1.0,
        shop=Shop("smoke-1", 1_700_000_000),
    )
