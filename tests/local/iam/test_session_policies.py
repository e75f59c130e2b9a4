"""A session policy limits a session, also of a role whose own policies are not enforced."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import unique


@pytest.fixture
def session(local):
    """A function that assumes a new role with a session policy, and returns an S3 client."""
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = local.client("iam").create_role(RoleName=unique("limited"), AssumeRolePolicyDocument=document)

    def assume(policy=None):
        limits = {} if policy is None else {"Policy": json.dumps(policy)}
        answer = local.client("sts").assume_role(
            RoleArn=role["Role"]["Arn"], RoleSessionName="session", **limits
        )
        return local.client("s3", answer["Credentials"])

    return assume


def test_a_session_may_do_what_its_session_policy_allows(local, session):
    bucket = unique("data")
    local.client("s3").create_bucket(Bucket=bucket)
    for key in ("in/a.csv", "other/b.csv"):
        local.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    reading = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/in/*"}
    limited = session({"Version": "2012-10-17", "Statement": [reading]})
    limited.get_object(Bucket=bucket, Key="in/a.csv")
    for call in (
        lambda: limited.get_object(Bucket=bucket, Key="other/b.csv"),
        lambda: limited.put_object(Bucket=bucket, Key="in/a.csv", Body=b"y"),
        lambda: limited.list_objects_v2(Bucket=bucket, Prefix="in/"),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            call()
    session().get_object(Bucket=bucket, Key="other/b.csv")
