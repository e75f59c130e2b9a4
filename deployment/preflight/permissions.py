"""Whether the caller may deploy, by IAM's own simulation."""

from __future__ import annotations

from collections.abc import Sequence

from deployment.preflight.finding import Account, Finding
from deployment.preflight.stack import QUALIFIER, bootstrap_version

DEPLOY_ROLES = ("deploy-role", "file-publishing-role", "lookup-role")
"""The roles of the bootstrap that `cdk deploy` assumes. CloudFormation creates the stack with another one."""
BOOTSTRAP_ACTIONS = (
    "cloudformation:CreateChangeSet",
    "cloudformation:DescribeStacks",
    "cloudformation:ExecuteChangeSet",
    "ecr:CreateRepository",
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:PutRolePolicy",
    "s3:CreateBucket",
    "s3:PutBucketPolicy",
    "s3:PutEncryptionConfiguration",
    "ssm:PutParameter",
)
LINK = "https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html"
NAME = "permissions"


def permissions(account: Account) -> list[Finding]:
    """A prepared account: assume the bootstrap's roles. Otherwise: create the bootstrap stack."""
    kind = account.caller.split(":")[5]
    if kind == "root":
        return [Finding(NAME, "ok", "the account's root user may do everything")]
    source = _principal(account)
    prepared = bootstrap_version(account) is not None
    if prepared:
        roles = [
            f"arn:{account.partition}:iam::{account.account}:role/"
            f"cdk-{QUALIFIER}-{role}-{account.account}-{account.region}"
            for role in DEPLOY_ROLES
        ]
        denied = _denied(account, source, ["sts:AssumeRole"], roles)
        what, done = "assume the roles of the CDK's bootstrap", "may assume the roles of the CDK's bootstrap"
    else:
        denied = _denied(account, source, BOOTSTRAP_ACTIONS, ["*"])
        what, done = "prepare the account for the CDK", "may prepare the account for the CDK"
    if denied:
        return [
            Finding(
                NAME,
                "missing",
                f"{source} may not {what}: {'; '.join(denied)}",
                "Ask an administrator for these permissions, or deploy with another role.",
                LINK,
            )
        ]
    return [Finding(NAME, "ok", f"{source.rpartition('/')[2]} {done}")]


def _principal(account: Account) -> str:
    """The user or role of the caller, as IAM names it. A session's ARN lacks the role's path."""
    service, kind = account.caller.split(":")[2], account.caller.split(":")[5]
    if service == "sts" and kind.startswith("assumed-role/"):
        role = account.client("iam").get_role(RoleName=kind.split("/")[1])
        return str(role["Role"]["Arn"])
    return account.caller


def _denied(account: Account, source: str, actions: Sequence[str], resources: Sequence[str]) -> list[str]:
    """What the caller may not do, as `action on resource`."""
    found: list[str] = []
    more: dict[str, str] = {}
    while True:
        answer = account.client("iam").simulate_principal_policy(
            PolicySourceArn=source, ActionNames=list(actions), ResourceArns=list(resources), **more
        )
        for result in answer["EvaluationResults"]:
            specific = result.get("ResourceSpecificResults") or [
                {
                    "EvalResourceName": result.get("EvalResourceName", "*"),
                    "EvalResourceDecision": result["EvalDecision"],
                }
            ]
            found += [
                f"{result['EvalActionName']} on {one['EvalResourceName']}"
                for one in specific
                if one["EvalResourceDecision"] != "allowed"
            ]
        if not answer.get("IsTruncated"):
            return found
        more = {"Marker": answer["Marker"]}
