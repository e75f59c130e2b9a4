"""The CDK's bootstrap, and what an earlier deployment left behind."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from deployment.destroy import unprotect
from deployment.preflight.finding import Account, Finding

QUALIFIER = "hnb659fds"
"""The CDK's default qualifier of bootstrap resources."""
PARAMETER = f"/cdk-bootstrap/{QUALIFIER}/version"
BOOTSTRAP_LINK = "https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html"
KEY_LINK = "https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html"
ROLLBACK_LINK = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
    "using-cfn-updating-stacks-continueupdaterollback.html"
)
BROKEN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
"""Stacks that were never complete, or are half deleted: only a deletion helps."""
HALF_ROLLED_BACK = "UPDATE_ROLLBACK_FAILED"
"""A stack with data, whose last good state can be restored."""


def bootstrap_version(account: Account) -> int | None:
    """The version of the bootstrap stack, or None if there is none."""
    try:
        found = account.client("ssm").get_parameter(Name=PARAMETER)["Parameter"]["Value"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return None
        raise
    return int(found)


def required_version(account: Account) -> int:
    """The bootstrap version that the template asks for, by the rule that the CDK writes into it."""
    rules = account.template.body.get("Rules", {})
    assertions = rules.get("CheckBootstrapVersion", {}).get("Assertions", ())
    refused = [
        int(version)
        for assertion in assertions
        for version in assertion["Assert"]["Fn::Not"][0]["Fn::Contains"][0]
    ]
    return max(refused, default=0) + 1


def bootstrap(account: Account) -> list[Finding]:
    """The bootstrap stack is there and new enough."""
    version, required = bootstrap_version(account), required_version(account)
    remedy = f"Run: make bootstrap STAGE={account.template.stage.name}"
    where = f"{account.account} in {account.region}"
    if version is None:
        text = f"account {where} is not prepared for the CDK ({PARAMETER} does not exist)"
        return [Finding("CDK bootstrap", "missing", text, remedy, BOOTSTRAP_LINK)]
    if version < required:
        text = f"the bootstrap of {where} has version {version}, and the stack needs {required}"
        return [Finding("CDK bootstrap", "missing", text, remedy, BOOTSTRAP_LINK)]
    return [Finding("CDK bootstrap", "ok", f"version {version}")]


def stack(account: Account) -> list[Finding]:
    """The stack can be created or updated, and no log group of an earlier one is in its way."""
    stage = account.template.stage
    found = _describe(account, stage.stack_name)
    if found is None:
        return _leftovers(account) or [Finding("stack", "ok", f"{stage.stack_name} does not exist yet")]
    status = found["StackStatus"]
    if status in BROKEN:
        text = f"{stage.stack_name} is {status}, which cannot be updated"
        remedy = f"Delete it first: make destroy STAGE={stage.name}"
        if found.get("EnableTerminationProtection"):
            remedy = f"Delete it first: {unprotect(stage.stack_name)}; make destroy STAGE={stage.name}"
        link = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html"
        return [Finding("stack", "missing", text, remedy, link)]
    if status == HALF_ROLLED_BACK:
        text = f"{stage.stack_name} is {status}: an update failed, and so did its rollback"
        remedy = (
            "Do not delete it, because it has the data. Correct what the stack's events name, and run: "
            f"aws cloudformation continue-update-rollback --stack-name {stage.stack_name}"
        )
        return [Finding("stack", "missing", text, remedy, ROLLBACK_LINK)]
    if status.endswith("_IN_PROGRESS"):
        text = f"{stage.stack_name} is {status}"
        return [Finding("stack", "missing", text, "Wait until the operation has ended.")]
    return [Finding("stack", "ok", f"{stage.stack_name} is {status} and will be updated")]


def own_key(account: Account) -> list[Finding]:
    """The deployment keeps its key: without it, nobody can read what it has encrypted."""
    stage = account.template.stage
    if stage.own_key:
        return [Finding("own key", "ok", f"{stage.stack_name} has a key of its own")]
    managed = [Finding("own key", "ok", "AWS manages the keys")]
    if _describe(account, stage.stack_name) is None:
        return managed
    pages = account.client("cloudformation").get_paginator("list_stack_resources")
    keys = [
        resource["PhysicalResourceId"]
        for page in pages.paginate(StackName=stage.stack_name)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::KMS::Key" and resource["ResourceStatus"] != "DELETE_COMPLETE"
    ]
    if not keys:
        return managed
    text = (
        f"{stage.stack_name} encrypts its data with the key {keys[0]}, and ownKey is false: the deployment "
        "would take the key away from the roles, and nobody could read the data"
    )
    return [Finding("own key", "missing", text, "Set ownKey to true in cdk.json.", KEY_LINK)]


def _describe(account: Account, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = account.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        missing = error.response["Error"]["Code"] == "ValidationError"
        if missing and "does not exist" in error.response["Error"]["Message"]:
            return None
        raise
    return found


def _leftovers(account: Account) -> list[Finding]:
    name = account.template.stage.stack_name
    prefix = f"/aws/lambda/{name}-"
    logs = account.client("logs")
    groups = [one["logGroupName"] for one in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]]
    if not groups:
        return []
    return [
        Finding(
            "stack",
            "missing",
            f"log groups of an earlier {name} exist and would stop the creation: {', '.join(groups)}",
            "Delete them: "
            + "; ".join(f"aws logs delete-log-group --log-group-name {one}" for one in groups),
        )
    ]
