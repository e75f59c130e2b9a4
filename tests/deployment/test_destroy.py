"""`make destroy` leaves nothing of a stage that keeps no data, and loses no data of one that does."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from deployment.command import CommandError, Console
from deployment.destroy import destroy, leftovers
from infrastructure.stage import Stage, load

TEMPLATE = {
    "Resources": {
        "Lake": {"Type": "AWS::S3::Bucket"},
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "KeySchema": [{"AttributeName": "arn", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "arn", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        },
    }
}


class Account:
    """A deployed stack in moto. Its deletion fails for a bucket with objects, as CloudFormation's does."""

    def __init__(self, stack_name: str) -> None:
        self.stack_name = stack_name
        self.cloudformation = boto3.client("cloudformation", region_name="eu-west-1")
        self.s3 = boto3.client("s3", region_name="eu-west-1")
        self.cloudformation.create_stack(StackName=stack_name, TemplateBody=json.dumps(TEMPLATE))
        found = self.cloudformation.describe_stack_resources(StackName=stack_name)["StackResources"]
        self.names = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}
        self.bucket, self.runs = self.names["Lake"], 0
        versioning = {"Status": "Enabled"}  # moto's CloudFormation does not set it
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration=versioning)

    def versions(self) -> int:
        page = self.s3.list_object_versions(Bucket=self.bucket)
        return len(page.get("Versions", [])) + len(page.get("DeleteMarkers", []))

    def cdk(self) -> int:
        self.runs += 1
        if self.versions():
            return 1
        self.cloudformation.delete_stack(StackName=self.stack_name)
        return 0

    def fill(self) -> None:
        for number in range(3):
            self.s3.put_object(Bucket=self.bucket, Key="a", Body=b"%d" % number)
        self.s3.delete_object(Bucket=self.bucket, Key="a")


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Account("tastemaker-dev")


def remove(account: Account, stage: Any, cdk: Any = None) -> int:
    return destroy(stage, account.cloudformation, account.s3, cdk or account.cdk, Console())


def test_versioned_bucket_with_objects_is_deleted_with_its_stack(account: Account) -> None:
    account.fill()
    assert account.versions() == 4
    assert remove(account, load("dev")) == 0
    assert account.s3.list_buckets()["Buckets"] == []
    assert boto3.client("dynamodb", region_name="eu-west-1").list_tables()["TableNames"] == []


def test_object_that_arrives_late_is_deleted_too(account: Account) -> None:
    def late() -> int:
        if not account.runs:  # a delivery that was under way when the policy changed
            account.s3.delete_bucket_policy(Bucket=account.bucket)
            account.fill()
        return account.cdk()

    assert remove(account, load("dev"), late) == 0
    assert account.runs == 2 and account.s3.list_buckets()["Buckets"] == []


def test_bucket_that_is_being_emptied_refuses_new_objects(account: Account) -> None:
    def check() -> int:
        policy = json.loads(account.s3.get_bucket_policy(Bucket=account.bucket)["Policy"])
        (statement,) = policy["Statement"]
        assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:PutObject")
        return 0

    assert remove(account, load("dev"), check) == 0


def test_stage_that_keeps_its_data_loses_no_object(account: Account) -> None:
    account.fill()
    stage = replace(load("dev"), removal="retain")
    assert remove(account, stage, lambda: 0) == 0
    assert account.versions() == 4


def test_stack_that_was_unprotected_by_hand_is_removed_without_its_data(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    """One whose creation failed cannot be deployed, so that the setting in `cdk.json` stays."""
    account.fill()
    stage = replace(load("prod"), name="dev")
    assert stage.termination_protection
    assert remove(account, stage, lambda: 0) == 0
    assert account.versions() == 4
    assert f"kept: {account.bucket}" in "".join(capsys.readouterr())


@pytest.mark.parametrize("stage", [load("dev"), replace(load("prod"), name="dev")], ids=["dev", "prod"])
def test_protected_stack_loses_no_object_whatever_cdk_json_says(account: Account, stage: Stage) -> None:
    """`cdk destroy` would fail after the buckets were emptied.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
    """
    account.fill()
    protected = {"StackName": account.stack_name, "CreationTime": 0, "StackStatus": "CREATE_COMPLETE"}
    with Stubber(account.cloudformation) as stub:
        answer = {"Stacks": [{**protected, "EnableTerminationProtection": True}]}
        stub.add_response("describe_stacks", answer, {"StackName": account.stack_name})
        with pytest.raises(CommandError, match="protected") as refused:
            remove(account, stage)
    assert f"--no-enable-termination-protection --stack-name {account.stack_name}" in refused.value.remedy
    assert account.versions() == 4 and account.runs == 0


def test_stack_that_is_not_there_is_an_error(account: Account) -> None:
    with pytest.raises(CommandError, match="tastemaker-other"):
        remove(account, replace(load("dev"), name="other"))


def test_failing_cdk_is_an_error(account: Account) -> None:
    with pytest.raises(CommandError, match="cdk destroy failed"):
        remove(account, load("dev"), lambda: 1)


def test_log_groups_that_came_back_are_found(account: Account) -> None:
    logs = boto3.client("logs", region_name="eu-west-1")
    for name in ("/aws/lambda/tastemaker-dev-stream", "/aws/lambda/tastemaker-prod-stream"):
        logs.create_log_group(logGroupName=name)
    assert list(leftovers(logs, "tastemaker-dev-")) == ["/aws/lambda/tastemaker-dev-stream"]
