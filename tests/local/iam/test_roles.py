"""Trust policies with conditions decide who may assume a role."""

from __future__ import annotations

import json

import pytest

from local.iam.roles import AssumeRoleError, Caller
from tests.local.conftest import unique, until


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


def test_role_with_an_external_id_is_assumed_only_with_it(local):
    arn = role(local, {"AWS": local.account.id}, {"StringEquals": {"sts:ExternalId": "shop"}})
    caller = Caller(f"arn:aws:iam::{local.account.id}:role/steps", "session")
    assert local.roles.trusts_role(arn, caller, {"sts:externalid": ["shop"]})
    assert not local.roles.trusts_role(arn, caller, {"sts:externalid": ["other"]})
    assert not local.roles.trusts_role(arn, caller, {})


def test_service_assumes_a_role_only_for_trusted_accounts(local):
    service = {"Service": "sagemaker.amazonaws.com"}
    own = role(local, service, {"StringEquals": {"aws:SourceAccount": local.account.id}})
    other = role(local, service, {"StringEquals": {"aws:SourceAccount": "999999999999"}})
    assert local.roles.trusts_service(own, "sagemaker.amazonaws.com")
    assert not local.roles.trusts_service(own, "states.amazonaws.com")
    assert not local.roles.trusts_service(other, "sagemaker.amazonaws.com")


def test_role_may_trust_step_functions_in_this_region_only(local):
    here = role(local, {"Service": f"states.{local.account.region}.amazonaws.com"}, {})
    elsewhere = role(local, {"Service": "states.sa-east-1.amazonaws.com"}, {})
    assert local.roles.trusts_service(here, "states.amazonaws.com")
    assert not local.roles.trusts_service(here, "events.amazonaws.com")
    assert not local.roles.trusts_service(elsewhere, "states.amazonaws.com")
    events = role(local, {"Service": f"events.{local.account.region}.amazonaws.com"}, {})
    assert not local.roles.trusts_service(events, "events.amazonaws.com")


def test_service_assumes_a_role_only_for_trusted_resources(local):
    like = {"ArnLike": {"aws:SourceArn": f"arn:aws:sagemaker:*:{local.account.id}:training-job/*"}}
    sagemaker = "sagemaker.amazonaws.com"
    arn = role(local, {"Service": sagemaker}, like)
    assert local.roles.trusts_service(arn, sagemaker, local.account.arn("sagemaker", "training-job/one"))
    assert not local.roles.trusts_service(arn, sagemaker, local.account.arn("sagemaker", "endpoint/one"))
    assert not local.roles.trusts_service(arn, sagemaker)
    with pytest.raises(AssumeRoleError, match=r"does not trust sagemaker.amazonaws.com on behalf of arn:aws"):
        local.roles.assume(arn, service=sagemaker, session="x", source_arn="arn:aws:sagemaker:::endpoint/x")


def test_role_for_personalize_is_assumed_under_the_conditions_that_personalize_documents(local):
    caller = Caller(f"arn:aws:iam::{local.account.id}:role/steps", "session")
    source = local.account.arn("personalize", "*")
    service = {"Service": "personalize.amazonaws.com"}
    documented = {
        "StringEquals": {"aws:SourceAccount": local.account.id},
        "StringLike": {"aws:SourceArn": source},
    }
    other = {"StringLike": {"aws:SourceArn": source.replace(local.account.id, "999999999999")}}
    assert local.roles.trusts_role(role(local, service, documented), caller, {})
    assert not local.roles.trusts_role(role(local, service, other), caller, {})


def test_deny_in_a_trust_policy_overrides_allow(local):
    service = "sagemaker.amazonaws.com"
    allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    deny = allow | {
        "Effect": "Deny",
        "Condition": {"StringNotEquals": {"aws:SourceAccount": "999999999999"}},
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]})
    created = local.client("iam").create_role(RoleName=unique("trust"), AssumeRolePolicyDocument=trust)
    assert not local.roles.trusts_service(created["Role"]["Arn"], service)


def test_training_job_with_a_role_that_does_not_trust_its_arn_fails(local, lake):
    condition = {"ArnLike": {"aws:SourceArn": local.account.arn("sagemaker", "training-job/other-*")}}
    sagemaker, name = local.client("sagemaker"), unique("job")
    sagemaker.create_training_job(
        TrainingJobName=name,
        RoleArn=role(local, {"Service": "sagemaker.amazonaws.com"}, condition),
        AlgorithmSpecification={"TrainingImage": "image", "TrainingInputMode": "File"},
        OutputDataConfig={"S3OutputPath": f"s3://{lake}/models/"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )
    job = until(
        lambda: sagemaker.describe_training_job(TrainingJobName=name),
        lambda job: job["TrainingJobStatus"] == "Failed",
    )
    assert f"on behalf of {job['TrainingJobArn']}" in job["FailureReason"]
