"""Policies of buckets and queues allow and deny the sessions of roles."""

from __future__ import annotations

import json

import pytest

from local.iam.resource_policies import ResourcePolicies
from local.iam.roles import Caller
from local.terminal import Terminal
from tests.local.conftest import unique

ROLE = "arn:aws:iam::123456789012:role/steps"
CALLER = Caller(ROLE, "session")
TLS = {"aws:securetransport": ["true"]}


@pytest.fixture
def decide(local):
    """Give a new bucket a policy with one statement; the decision on PutObject by `CALLER`."""

    def call(effect, principal, **condition):
        bucket = unique("own")
        statement = {
            "Effect": effect,
            "Principal": principal,
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
        } | ({"Condition": condition} if condition else {})
        s3 = local.client("s3")
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [statement]}))
        policies = ResourcePolicies(local.account, Terminal(quiet=True))
        return policies.decide_for_role(CALLER, "s3:PutObject", f"arn:aws:s3:::{bucket}/key", TLS)

    return call


@pytest.mark.parametrize(
    ("effect", "principal", "decision"),
    [
        ("Allow", {"AWS": ROLE}, True),
        ("Allow", "*", True),
        ("Allow", {"AWS": "arn:aws:iam::123456789012:role/other"}, None),
        ("Allow", {"AWS": "123456789012"}, None),  # the policies of the role decide
        ("Deny", {"AWS": "123456789012"}, False),
        ("Deny", "*", False),
        ("Deny", {"Service": "firehose.amazonaws.com"}, None),
    ],
)
def test_principal_of_a_bucket_policy_decides_whom_it_concerns(decide, effect, principal, decision):
    assert decide(effect, principal) is decision


def test_denial_of_requests_without_tls_denies_nothing_here(decide):
    assert decide("Deny", "*", Bool={"aws:SecureTransport": "false"}) is None


def test_policy_with_an_unknown_condition_is_not_evaluated(decide):
    assert decide("Deny", "*", BinaryEquals={"aws:Key": "QmluYXJ5"}) is None


def test_denial_by_a_bucket_policy_reaches_a_function_whose_role_allows_the_call(local, lake, invoke):
    s3 = local.client("s3")
    s3.put_object(Bucket=lake, Key="input/denied.txt", Body=b"x")
    call = {
        "service": "s3",
        "operation": "head_object",
        "arguments": {"Bucket": lake, "Key": "input/denied.txt"},
    }
    assert "ok" in invoke("store", call)[0]
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{lake}/input/denied.txt",
    }
    s3.put_bucket_policy(Bucket=lake, Policy=json.dumps({"Statement": [deny]}))
    try:
        assert invoke("store", call)[0]["code"] == "403"
    finally:
        s3.delete_bucket_policy(Bucket=lake)
