"""Permissions are those that IAM's simulation allows, for the right principal and resources."""

import json
from typing import Any

import boto3
import pytest

from deployment.preflight import permissions
from tests.deployment.preflight.conftest import NUMBER, REGION, USER

ROLES = [
    f"arn:aws:iam::{NUMBER}:role/cdk-hnb659fds-{name}-{NUMBER}-{REGION}"
    for name in ("deploy-role", "file-publishing-role", "lookup-role")
]


@pytest.fixture
def bootstrapped(aws) -> None:
    ssm = boto3.client("ssm", region_name=REGION)
    ssm.put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="28", Type="String")


def simulated(decisions: dict[str, str], action: str = "sts:AssumeRole") -> dict[str, Any]:
    specific = [
        {"EvalResourceName": name, "EvalResourceDecision": decision} for name, decision in decisions.items()
    ]
    result = {"EvalActionName": action, "EvalDecision": "allowed", "ResourceSpecificResults": specific}
    return {"EvaluationResults": [result]}


def asked(source: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"PolicySourceArn": source, "ActionNames": actions, "ResourceArns": resources}


def test_deployment_assumes_the_roles_of_the_bootstrap(make, stubbed, bootstrapped) -> None:
    request = asked(USER, ["sts:AssumeRole"], ROLES)
    answer = simulated(dict.fromkeys(ROLES, "allowed"))
    client = stubbed("iam", ("simulate_principal_policy", answer, request))
    (finding,) = permissions.permissions(make(stubs={"iam": client}))
    assert finding.status == "ok"


def test_what_is_denied_is_named_with_its_resource(make, stubbed, bootstrapped) -> None:
    request = asked(USER, ["sts:AssumeRole"], ROLES)
    first = {**simulated({ROLES[0]: "implicitDeny"}), "IsTruncated": True, "Marker": "m"}
    second = simulated({ROLES[1]: "explicitDeny", ROLES[2]: "allowed"})
    client = stubbed(
        "iam",
        ("simulate_principal_policy", first, request),
        ("simulate_principal_policy", second, {**request, "Marker": "m"}),
    )
    (finding,) = permissions.permissions(make(stubs={"iam": client}))
    assert finding.status == "missing"
    assert ROLES[0] in finding.text and ROLES[1] in finding.text and ROLES[2] not in finding.text


def test_without_a_bootstrap_its_own_actions_are_needed(make, stubbed) -> None:
    request = asked(USER, list(permissions.BOOTSTRAP_ACTIONS), ["*"])
    result = {"EvalActionName": "iam:CreateRole", "EvalDecision": "implicitDeny", "EvalResourceName": "*"}
    client = stubbed("iam", ("simulate_principal_policy", {"EvaluationResults": [result]}, request))
    (finding,) = permissions.permissions(make(stubs={"iam": client}))
    assert finding.status == "missing" and "iam:CreateRole on *" in finding.text


def test_session_is_simulated_as_its_role_with_the_roles_path(make, aws) -> None:
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    iam = boto3.client("iam", region_name=REGION)
    iam.create_role(RoleName="Admin", Path="/aws-reserved/sso/", AssumeRolePolicyDocument=trust)
    account = make(caller=f"arn:aws:sts::{NUMBER}:assumed-role/Admin/ann@example.com")
    assert permissions._principal(account) == f"arn:aws:iam::{NUMBER}:role/aws-reserved/sso/Admin"


def test_root_user_is_not_simulated(make) -> None:
    (finding,) = permissions.permissions(make(caller=f"arn:aws:iam::{NUMBER}:root"))
    assert finding.status == "ok"
