"""The deployment is found by its stack's outputs; clients of its API sign for `execute-api`."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from deployment.command import CommandError
from deployment.smoke import target
from infrastructure.stage import load
from tastemaker.contracts.api_endpoint import OUR_SERVICES

TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Lake": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "the-lake"}},
        "Profiles": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "the-profiles",
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
            },
        },
    },
    "Outputs": {"ApiUrl": {"Value": "https://a1.execute-api.eu-west-1.amazonaws.com"}},
}


@pytest.fixture
def stack(aws) -> Callable[..., None]:
    def create(**outputs: str) -> None:
        values = {name: {"Value": value} for name, value in outputs.items()}
        body = {**TEMPLATE, "Outputs": {**TEMPLATE["Outputs"], **values}}
        formation = boto3.client("cloudformation", region_name="eu-west-1")
        formation.create_stack(StackName="tastemaker-dev", TemplateBody=json.dumps(body))

    return create


def test_api_lake_and_tables_are_those_of_the_stack(stack) -> None:
    stack(LakeBucket="the-lake")
    found = target.deployed(load("dev"), "eu-west-1")
    assert found.api_url == "https://a1.execute-api.eu-west-1.amazonaws.com"
    assert found.lake("any") == "the-lake" and found.tables == ["the-profiles"]
    assert not found.is_local and found.account == "123456789012" and found.partition == "aws"
    assert found.attribution_namespace == "tastemaker-dev/MetricAttribution"


def test_clients_of_the_api_sign_for_it_and_others_do_not(stack) -> None:
    stack(LakeBucket="the-lake")
    found = target.deployed(load("dev"), "eu-west-1")
    for service in OUR_SERVICES:
        client = found.client(service)
        assert client.meta.service_model.signing_name == "execute-api"
        assert client.meta.endpoint_url == found.api_url
    assert found.client("s3").meta.service_model.signing_name == "s3"
    assert "a1.execute-api" not in found.client("s3").meta.endpoint_url


def test_stack_that_is_missing_is_named_with_the_command_that_deploys_it(aws) -> None:
    with pytest.raises(CommandError, match="tastemaker-dev cannot be read in eu-west-1") as caught:
        target.deployed(load("dev"), "eu-west-1")
    assert "make deploy STAGE=dev" in caught.value.remedy


def test_stack_without_its_outputs_is_an_error(stack) -> None:
    stack()
    with pytest.raises(CommandError, match="lacks the outputs LakeBucket"):
        target.deployed(load("dev"), "eu-west-1")


def test_lake_of_a_local_run_is_found_by_its_groups_folder(aws) -> None:
    s3 = boto3.client("s3", region_name="us-east-1")
    for bucket in ("assets", "lake-7"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="lake-7", Key="groups/smoke-1/datasets/a", Body=b"")
    session = boto3.Session(region_name="us-east-1")
    found = target.Target(load("local"), session, "http://127.0.0.1:1")
    assert found.lake("smoke-1") == "lake-7"
    with pytest.raises(CommandError, match="No bucket"):
        found.lake("smoke-2")
