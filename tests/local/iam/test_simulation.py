"""The policy simulator, which moto lacks, on policies that a program has stored in IAM."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import unique

CAMPAIGN = "arn:aws:personalize:us-east-1:123456789012:campaign/"


def document(action, resource, effect="Allow", **condition):
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    statement |= {"Condition": condition} if condition else {}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def iam(local):
    return local.client("iam")


@pytest.fixture
def ann(iam):
    """A user with an inline policy, a group, and an attached policy of AWS."""
    name, group = unique("ann"), unique("team")
    user = iam.create_user(UserName=name, Path="/staff/")["User"]
    own = document(
        "personalize:Describe*", f"{CAMPAIGN}${{aws:username}}", Bool={"aws:SecureTransport": "true"}
    )
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=own)
    iam.create_group(GroupName=group)
    iam.put_group_policy(
        GroupName=group, PolicyName="deny", PolicyDocument=document("personalize:Delete*", "*", "Deny")
    )
    iam.add_user_to_group(GroupName=group, UserName=name)
    return user


def decisions(iam, arn, actions, resources, **context):
    entries = [
        {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
        for key, value in context.items()
    ]
    answer = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=actions, ResourceArns=resources, ContextEntries=entries
    )
    return [result["EvalDecision"] for result in answer["EvaluationResults"]]


def test_policies_of_a_user_and_of_its_groups_are_evaluated(iam, ann):
    context = {"aws:username": "films", "aws:SecureTransport": "true"}
    actions = ["personalize:DescribeCampaign", "personalize:DeleteCampaign"]
    resources = [f"{CAMPAIGN}films", f"{CAMPAIGN}books"]
    assert decisions(iam, ann["Arn"], actions, resources, **context) == [
        *("allowed", "implicitDeny"),
        *("explicitDeny", "explicitDeny"),
    ]
    assert decisions(iam, ann["Arn"], actions[:1], resources[:1]) == ["implicitDeny"]
    keys = iam.get_context_keys_for_principal_policy(PolicySourceArn=ann["Arn"])["ContextKeyNames"]
    assert keys == ["aws:securetransport", "aws:username"]


def test_policies_that_aws_manages_are_evaluated(iam):
    """The full access policy of Personalize allows everything that the service's own users need."""
    name = unique("admin")
    trust = document("sts:AssumeRole", "*")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    policy = "arn:aws:iam::aws:policy/service-role/AmazonPersonalizeFullAccess"
    iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    assert decisions(iam, role, ["personalize:CreateCampaign"], [f"{CAMPAIGN}films"]) == ["allowed"]
    passing = {"iam:PassedToService": "personalize.amazonaws.com"}
    some_role = ["arn:aws:iam::123456789012:role/any"]
    assert decisions(iam, role, ["iam:PassRole"], some_role, **passing) == ["allowed"]
    other = {"iam:PassedToService": "ec2.amazonaws.com"}
    assert decisions(iam, role, ["iam:PassRole"], some_role, **other) == ["implicitDeny"]


@pytest.mark.parametrize("arn", ["arn:aws:iam::123456789012:user/nobody", "arn:aws:iam::123456789012:root"])
def test_unknown_entity_is_an_error(iam, arn):
    with pytest.raises(ClientError) as caught:
        decisions(iam, arn, ["personalize:ListRecipes"], ["*"])
    assert caught.value.response["Error"]["Code"] == "NoSuchEntity"
