"""Trust policies with conditions decide who may assume a role."""

from __future__ import annotations

import json

from local.iam.roles import Caller
from tests.local.conftest import unique


def role(local, principal, condition):
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "sts:AssumeRole",
        "Condition": condition,
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    created = local.client("iam").create_role(RoleName=unique("trust"), AssumeRolePolicyDocument=trust)
    return created["Role"]["Arn"]


def test_a_role_with_an_external_id_is_assumed_with_it_only(local):
    arn = role(local, {"AWS": local.account.id}, {"StringEquals": {"sts:ExternalId": "shop"}})
    caller = Caller(f"arn:aws:iam::{local.account.id}:role/steps", "session")
    assert local.roles.trusts_role(arn, caller, {"sts:externalid": ["shop"]})
    assert not local.roles.trusts_role(arn, caller, {"sts:externalid": ["other"]})
    assert not local.roles.trusts_role(arn, caller, {})


def test_a_service_assumes_a_role_for_the_accounts_that_it_trusts(local):
    service = {"Service": "sagemaker.amazonaws.com"}
    own = role(local, service, {"StringEquals": {"aws:SourceAccount": local.account.id}})
    other = role(local, service, {"StringEquals": {"aws:SourceAccount": "999999999999"}})
    assert local.roles.trusts_service(own, "sagemaker.amazonaws.com")
    assert not local.roles.trusts_service(own, "states.amazonaws.com")
    assert not local.roles.trusts_service(other, "sagemaker.amazonaws.com")


def test_conditions_on_the_source_arn_are_not_evaluated(local):
    like = {"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:*:training-job/*"}}
    assert local.roles.trusts_service(
        role(local, {"Service": "sagemaker.amazonaws.com"}, like), "sagemaker.amazonaws.com"
    )
