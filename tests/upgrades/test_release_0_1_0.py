"""The tables and the lake of release 0.1.0, made from its template, are read by the current code."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.stores.bundles import BundleCache
from lambdas.stores.precomputed import PrecomputedTable
from lambdas.stores.profiles import Profiles
from lambdas.stores.records import ResourceTable
from tastemaker.serving.endpoints import RecordCache
from tastemaker.serving.recommendations import get_recommendations
from tastemaker.serving.runtime import Runtime
from tests.tastemaker.control.fakes import World, world

RELEASE = Path(__file__).with_name("release_0_1_0")
CAMPAIGN = "arn:aws:personalize:eu-west-1:123456789012:campaign/home"
LAKE = "lake"
"""The name of the bucket in the old records."""
ANSWERS: dict[str, Any] = json.loads((RELEASE / "answers.json").read_text())


@dataclass(frozen=True)
class Deployment:
    """What CloudFormation makes of the old template, with the old data. `tables`: name → physical name."""

    dynamodb: Any
    s3: Any
    tables: dict[str, str]

    @property
    def records(self) -> ResourceTable:
        return ResourceTable(self.dynamodb, self.tables["resources"])

    @property
    def world(self) -> World:
        """The current control plane on the old records."""
        return world(repository=self.records)


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            patch.setenv(name, "eu-west-1")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        yield _deployed()


def _deployed() -> Deployment:
    template = json.loads((RELEASE / "template.json").read_text())
    kept = ("AWS::DynamoDB::Table", "AWS::S3::Bucket")
    resources = {id: one for id, one in template["Resources"].items() if one["Type"] in kept}
    for id, resource in resources.items():
        if id.startswith("LakeBucket"):
            resource["Properties"]["BucketName"] = LAKE
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(
        StackName="tastemaker-prod", TemplateBody=json.dumps({"Resources": resources})
    )
    found = cloudformation.describe_stack_resources(StackName="tastemaker-prod")["StackResources"]
    physical = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}
    dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
    tables = {}
    for name, items in json.loads((RELEASE / "tables.json").read_text()).items():
        (tables[name],) = [
            table for id, table in physical.items() if id.startswith(f"Tables{name.capitalize()}")
        ]
        for item in items:
            dynamodb.put_item(TableName=tables[name], Item=item)
    for key, text in json.loads((RELEASE / "lake.json").read_text()).items():
        s3.put_object(Bucket=LAKE, Key=key, Body=text.encode())
    bundle_uri = ResourceTable(dynamodb, tables["resources"]).get(CAMPAIGN).body["_serving"]["bundle"]
    folder = bundle_uri.removeprefix(f"s3://{LAKE}/")
    with zipfile.ZipFile(RELEASE / "bundle.zip") as bundle:
        for name in bundle.namelist():
            s3.put_object(Bucket=LAKE, Key=f"{folder}{name}", Body=bundle.read(name))
    return Deployment(dynamodb, s3, tables)


@pytest.mark.parametrize("operation", ANSWERS)
def test_answers_about_old_resources_are_the_old_answers(deployment: Deployment, operation: str) -> None:
    request, old = ANSWERS[operation]["request"], ANSWERS[operation]["answer"]
    new = json.loads(json.dumps(deployment.world.call(operation, **request), default=str))
    assert _common(new, old) == _public(old)


def _common(new: Any, old: Any) -> Any:
    """The part of an answer that the old release knew, without private members."""
    match new, old:
        case dict(), dict():
            return {name: _common(new[name], old[name]) for name in _public(old) if name in new}
        case list(), list() if len(new) == len(old):
            return [_common(one, other) for one, other in zip(new, old, strict=True)]
    return new


def _public(value: Any) -> Any:
    """A value without members that clients never see."""
    if isinstance(value, dict):
        return {name: _public(one) for name, one in value.items() if not name.startswith("_")}
    return [_public(one) for one in value] if isinstance(value, list) else value


def test_old_model_answers_with_the_events_of_the_old_profiles(deployment: Deployment) -> None:
    runtime = Runtime(
        RecordCache(deployment.records),
        BundleCache(deployment.s3),
        Profiles(deployment.dynamodb, deployment.tables["profiles"]),
        clock=lambda: 4_000_000_200.0,
        new_id=lambda arn: "",
    )

    def items(user: str) -> list[str]:
        answer = get_recommendations(runtime, {"campaignArn": CAMPAIGN, "userId": user})
        return [item["itemId"] for item in answer["itemList"]]

    # Bob's events are streamed: alien, then dune. Both are repeated, the newer one first.
    assert items("bob")[:2] == ["dune", "alien"]
    assert items("nobody") == ["alien", "brazil", "casablanca", "dune", "emma"]


def test_old_precomputed_list_is_found(deployment: Deployment) -> None:
    found = PrecomputedTable(deployment.dynamodb, deployment.tables["recommendations"]).find(
        "nightly#1", "ann"
    )
    assert found == {"recommendedItems": ["dune", "alien"]}


def test_old_resources_can_be_changed_and_deleted(deployment: Deployment) -> None:
    here = deployment.world
    group = "arn:aws:personalize:eu-west-1:123456789012:dataset-group/empty"
    here.call("DeleteDatasetGroup", datasetGroupArn=group)
    assert here.call("DescribeDatasetGroup", datasetGroupArn=group)["datasetGroup"]["status"].startswith(
        "DELETE"
    )
    version = "arn:aws:personalize:eu-west-1:123456789012:solution/for-you/00000001"
    here.call("UpdateCampaign", campaignArn=CAMPAIGN, solutionVersionArn=version, minProvisionedTPS=2)
    update = here.call("DescribeCampaign", campaignArn=CAMPAIGN)["campaign"]["latestCampaignUpdate"]
    assert update["minProvisionedTPS"] == 2
