"""The bootstrap's version, the state of the stack, and log groups that would stop its creation."""

import json

import boto3
import pytest

from deployment.preflight import stack
from tests.deployment.preflight.conftest import REGION

EMPTY = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}}})


def test_template_names_the_bootstrap_version_that_it_needs(make) -> None:
    assert stack.required_version(make()) == 6


@pytest.mark.slow
def test_synthesized_template_names_the_bootstrap_version_that_it_needs(make, synthesized) -> None:
    account = make()
    object.__setattr__(account, "template", synthesized("dev"))
    assert stack.required_version(account) == 6


@pytest.mark.parametrize(
    ("version", "status"), [(None, "missing"), ("5", "missing"), ("6", "ok"), ("28", "ok")]
)
def test_bootstrap_that_is_too_old_is_missing(make, version: str | None, status: str) -> None:
    if version:
        ssm = boto3.client("ssm", region_name=REGION)
        ssm.put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value=version, Type="String")
    (finding,) = stack.bootstrap(make())
    assert finding.status == status
    assert (finding.remedy == "Run: make bootstrap STAGE=dev") == (status == "missing")


def test_stack_that_does_not_exist_can_be_created(make) -> None:
    (finding,) = stack.stack(make())
    assert finding.status == "ok" and "does not exist" in finding.text


def test_log_groups_of_an_earlier_stack_are_in_the_way(make) -> None:
    logs = boto3.client("logs", region_name=REGION)
    logs.create_log_group(logGroupName="/aws/lambda/tastemaker-dev-runtime")
    logs.create_log_group(logGroupName="/aws/lambda/tastemaker-prod-runtime")
    (finding,) = stack.stack(make())
    assert finding.status == "missing"
    assert "delete-log-group --log-group-name /aws/lambda/tastemaker-dev-runtime" in finding.remedy
    assert "prod" not in finding.remedy


def test_existing_stack_can_be_updated(make) -> None:
    formation = boto3.client("cloudformation", region_name=REGION)
    formation.create_stack(StackName="tastemaker-dev", TemplateBody=EMPTY)
    (finding,) = stack.stack(make())
    assert finding.status == "ok" and "CREATE_COMPLETE" in finding.text


WITH_KEY = json.dumps({"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {}}}}})


def test_deployment_cannot_lose_its_key(make) -> None:
    """The data that were written with the key can be read only with it."""
    formation = boto3.client("cloudformation", region_name=REGION)
    formation.create_stack(StackName="tastemaker-dev", TemplateBody=WITH_KEY)
    (finding,) = stack.own_key(make())
    assert finding.status == "missing" and "ownKey is false" in finding.text
    assert finding.remedy == "Set ownKey to true in cdk.json."
    (kept,) = stack.own_key(make({"ownKey": True}))
    assert kept.status == "ok"


def test_deployment_without_a_key_needs_none(make) -> None:
    assert [one.status for one in stack.own_key(make())] == ["ok"]
    formation = boto3.client("cloudformation", region_name=REGION)
    formation.create_stack(StackName="tastemaker-dev", TemplateBody=EMPTY)
    assert [one.status for one in stack.own_key(make())] == ["ok"]


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS", "DELETE_FAILED"])
def test_stack_that_is_broken_or_busy_stops_a_deployment(make, stubbed, status: str) -> None:
    answer = {"Stacks": [{"StackName": "tastemaker-dev", "CreationTime": 0, "StackStatus": status}]}
    client = stubbed("cloudformation", ("describe_stacks", answer, {"StackName": "tastemaker-dev"}))
    (finding,) = stack.stack(make(stubs={"cloudformation": client}))
    assert finding.status == "missing" and status in finding.text and finding.remedy


def broken(stubbed, status: str, **more: object) -> object:
    """A client of CloudFormation with a stack of this status."""
    answer = {"StackName": "tastemaker-dev", "CreationTime": 0, "StackStatus": status, **more}
    call = ("describe_stacks", {"Stacks": [answer]}, {"StackName": "tastemaker-dev"})
    return stubbed("cloudformation", call)


def test_stack_whose_rollback_failed_is_rolled_back_and_not_deleted(make, stubbed) -> None:
    """It has all data. CloudFormation can bring it back to its last good state.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html
    """
    client = broken(stubbed, "UPDATE_ROLLBACK_FAILED")
    (finding,) = stack.stack(make(stubs={"cloudformation": client}))
    assert finding.status == "missing" and "destroy" not in finding.remedy
    assert "aws cloudformation continue-update-rollback --stack-name tastemaker-dev" in finding.remedy


def test_stack_that_was_never_complete_loses_its_protection_before_it_is_deleted(make, stubbed) -> None:
    """The CDK protects a stack before it creates it, and cannot deploy one whose creation failed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
    """
    client = broken(stubbed, "ROLLBACK_COMPLETE", EnableTerminationProtection=True)
    (finding,) = stack.stack(make(stubs={"cloudformation": client}))
    unprotect, destroy = finding.remedy.split("; ")
    assert unprotect.endswith("--no-enable-termination-protection --stack-name tastemaker-dev")
    assert destroy == "make destroy STAGE=dev"
