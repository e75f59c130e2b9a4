"""A stack with Personalize's own types and ours, through CloudFormation, the function and the workflow."""

from __future__ import annotations

import json
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.standard_schemas import avro

SECONDS = 240
TRANSFORM = "tastemaker-local"
EXPAND = ["CAPABILITY_AUTO_EXPAND"]
FUNCTION = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:tastemaker-local-declaring"
TOKEN = {"Fn::Sub": FUNCTION}


@pytest.fixture(scope="module")
def cloudformation(endpoint: str) -> Any:
    return boto3.client("cloudformation", endpoint_url=endpoint)


def outcome_of(cloudformation: Any, stack: str) -> dict[str, Any]:
    end = time.monotonic() + SECONDS
    while True:
        (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        if not described["StackStatus"].endswith("_IN_PROGRESS"):
            return dict(described)
        assert time.monotonic() < end, cloudformation.describe_stack_events(StackName=stack)["StackEvents"][
            :5
        ]
        time.sleep(0.3)


def template(**more: Any) -> dict[str, Any]:
    resources = {
        "Schema": {"Type": "AWS::Personalize::Schema", "Properties": {"Name": "declared", "Schema": avro()}},
        "Group": {"Type": "AWS::Personalize::DatasetGroup", "Properties": {"Name": "declared"}},
        "Events": {
            "Type": "AWS::Personalize::Dataset",
            "Properties": {
                "Name": "declared-events",
                "DatasetType": "Interactions",
                "DatasetGroupArn": {"Fn::GetAtt": ["Group", "DatasetGroupArn"]},
                "SchemaArn": {"Fn::GetAtt": ["Schema", "SchemaArn"]},
            },
        },
        "Tracker": {
            "Type": "Custom::TastemakerEventTracker",
            "Properties": {"ServiceToken": TOKEN, "DatasetGroupArn": {"Ref": "Group"}},
        },
        "Files": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "declared-files"}},
        **more,
    }
    outputs = {"TrackingId": {"Value": {"Fn::GetAtt": ["Tracker", "TrackingId"]}}}
    return {"Transform": TRANSFORM, "Resources": resources, "Outputs": outputs}


def test_stack_is_created_rolled_back_and_deleted(endpoint: str, cloudformation: Any) -> None:
    personalize = boto3.client("personalize", endpoint_url=endpoint)
    with pytest.raises(ClientError, match="CAPABILITY_AUTO_EXPAND") as refused:
        cloudformation.create_stack(StackName="declared", TemplateBody=json.dumps(template()))
    assert refused.value.response["Error"]["Code"] == "InsufficientCapabilitiesException"
    stack = cloudformation.create_stack(
        StackName="declared", TemplateBody=json.dumps(template()), Capabilities=EXPAND
    )["StackId"]
    created = outcome_of(cloudformation, stack)
    assert created["StackStatus"] == "CREATE_COMPLETE", created
    tracker = personalize.list_event_trackers()["eventTrackers"][0]["eventTrackerArn"]
    described = personalize.describe_event_tracker(eventTrackerArn=tracker)["eventTracker"]
    assert [one["OutputValue"] for one in created["Outputs"]] == [described["trackingId"]]

    listed = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    physical = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in listed}
    assert (physical["Tracker"], physical["Files"]) == (tracker, "declared-files")

    wrong = {"ServiceToken": TOKEN, "DatasetGroupArn": {"Ref": "Group"}, "FilterExpression": "nonsense"}
    body = template(Wrong={"Type": "Custom::TastemakerFilter", "Properties": wrong})
    cloudformation.update_stack(StackName=stack, TemplateBody=json.dumps(body), Capabilities=EXPAND)
    assert outcome_of(cloudformation, stack)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    assert any("nonsense" in one.get("ResourceStatusReason", "") for one in events)

    cloudformation.delete_stack(StackName=stack)
    assert outcome_of(cloudformation, stack)["StackStatus"] == "DELETE_COMPLETE"
    groups = [one["name"] for one in personalize.list_dataset_groups()["datasetGroups"]]
    assert "declared" not in groups
