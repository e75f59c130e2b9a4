"""Jobs assume callers' roles with an external id, for one location only."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdas.support.roles import RoleAssumption, read_policy, role_of, trust_statement, write_policy
from local.iam.policy import decide
from tastemaker.failures import AccessRefused
from tastemaker.files import Location

ROLE = "arn:aws:iam::123456789012:role/PersonalizeRole"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"


class Session:
    """A session whose STS records requests, and assumes no role if it is `untrusted`."""

    region_name = "eu-west-1"

    def __init__(self, *, untrusted: bool = False, minutes: float = 60) -> None:
        self.untrusted, self.requests = untrusted, list[dict[str, Any]]()
        self.minutes = minutes

    def client(self, name: str) -> "Session":
        return self

    def assume_role(self, **request: Any) -> Any:
        self.requests.append(request)
        if self.untrusted:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "AssumeRole")
        keys = {"AccessKeyId": f"a{len(self.requests)}", "SecretAccessKey": "b", "SessionToken": "c"}
        return {"Credentials": {**keys, "Expiration": datetime.now(UTC) + timedelta(minutes=self.minutes)}}

    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": "arn:aws:sts::123456789012:assumed-role/import-role/session"}


def test_role_is_assumed_with_the_external_id_and_a_session_policy() -> None:
    own = Session()
    policy = read_policy("aws", Location("data", "a.csv"))
    session = RoleAssumption(own, "stack-id").assume(ROLE, policy)  # type: ignore[arg-type]
    assert isinstance(session, boto3.Session)
    (request,) = own.requests
    assert (request["RoleArn"], request["ExternalId"]) == (ROLE, "stack-id")
    assert json.loads(request["Policy"]) == policy


def test_role_is_assumed_again_before_its_credentials_end() -> None:
    """A role that a role assumes has credentials for an hour at most; a job on Spark may take twelve.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
    """
    own = Session(minutes=1)
    session = RoleAssumption(own, "stack-id").assume(ROLE, {})  # type: ignore[arg-type]
    own.minutes = 60
    for _ in range(2):
        keys = session.get_credentials().get_frozen_credentials()  # type: ignore[union-attr]
        assert keys.access_key == "a2"
    first, again = own.requests
    assert first == again


def test_error_has_the_trust_statement_with_all_roles_and_the_external_id() -> None:
    roles = ["arn:aws:iam::123456789012:role/import", "arn:aws:iam::123456789012:role/batch"]
    for job_roles, expected in ((roles, roles), ([], "arn:aws:iam::123456789012:role/import-role")):
        own = Session(untrusted=True)
        with pytest.raises(AccessRefused, match="PersonalizeRole cannot be assumed") as caught:
            RoleAssumption(own, "stack-id", job_roles).assume(ROLE, {})  # type: ignore[arg-type]
        assert "does not exist, or it does not trust this function" in str(caught.value)
        statement = json.loads(str(caught.value).partition("trust policy: ")[2])
        assert statement == {
            "Effect": "Allow",
            "Principal": {"AWS": expected},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "stack-id"}},
        }


def test_principal_of_a_caller_that_is_no_session_is_the_caller() -> None:
    assert role_of("arn:aws:iam::1:user/ann") == "arn:aws:iam::1:user/ann"
    assert json.loads(trust_statement(["arn:aws:iam::1:user/ann"], None)) == {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::1:user/ann"},
        "Action": "sts:AssumeRole",
    }


def allowed(policy: dict[str, Any], action: str, resource: str, **context: str) -> bool:
    keys = {name.replace("_", ":", 1).lower(): [value] for name, value in context.items()}
    return decide([json.dumps(policy)], action, resource, keys)


@pytest.mark.parametrize("key", ["in", "in/"])
def test_reading_job_may_read_its_folder_and_no_more(key: str) -> None:
    policy = read_policy("aws", Location("data", key))
    assert allowed(policy, "s3:GetObject", "arn:aws:s3:::data/in/a.csv")
    assert allowed(policy, "s3:ListBucket", "arn:aws:s3:::data", s3_prefix=key)
    assert not allowed(policy, "s3:ListBucket", "arn:aws:s3:::data")
    assert not allowed(policy, "s3:ListBucket", "arn:aws:s3:::data", s3_prefix="other")
    for resource in ("data/other/a.csv", "data/in2/a.csv", "data2/in/a.csv"):
        assert not allowed(policy, "s3:GetObject", f"arn:aws:s3:::{resource}")
    for action in ("s3:PutObject", "s3:DeleteObject", "iam:PassRole"):
        assert not allowed(policy, action, "arn:aws:s3:::data/in/a.csv")
    assert allowed(policy, "kms:Decrypt", KEY, kms_ViaService="s3.eu-west-1.amazonaws.com")
    assert not allowed(policy, "kms:Decrypt", KEY)


def test_writing_job_may_write_its_folder_with_its_key_and_no_more() -> None:
    policy = write_policy("aws", Location("out", "a/b"), KEY)
    assert allowed(policy, "s3:PutObject", "arn:aws:s3:::out/a/b/x.csv")
    assert not allowed(policy, "s3:PutObject", "arn:aws:s3:::out/a/bc/x.csv")
    assert not allowed(policy, "s3:GetObject", "arn:aws:s3:::out/a/b/x.csv")
    by_s3 = {"kms_ViaService": "s3.eu-west-1.amazonaws.com"}
    assert allowed(policy, "kms:GenerateDataKey", KEY, **by_s3)
    assert not allowed(policy, "kms:GenerateDataKey", KEY[:-1] + "2", **by_s3)
    assert not allowed(policy, "kms:Decrypt", KEY, kms_ViaService="secretsmanager.eu-west-1.amazonaws.com")


def test_wildcards_in_a_key_are_literal() -> None:
    policy = read_policy("aws", Location("data", "in*/${aws:username}?"))
    assert allowed(policy, "s3:GetObject", "arn:aws:s3:::data/in*/${aws:username}?")
    assert not allowed(policy, "s3:GetObject", "arn:aws:s3:::data/in2/secret", aws_username="ann")
    assert allowed(policy, "s3:ListBucket", "arn:aws:s3:::data", s3_prefix="in*/${aws:username}?")


def test_policy_covers_a_whole_bucket_in_another_partition() -> None:
    policy = read_policy("aws-cn", Location("data", ""))
    assert allowed(policy, "s3:GetObject", "arn:aws-cn:s3:::data/any/key")
    assert allowed(policy, "s3:ListBucket", "arn:aws-cn:s3:::data", s3_prefix="")
    assert allowed(write_policy("aws", Location("out", ""), None), "s3:PutObject", "arn:aws:s3:::out/x")


def test_session_policies_fit_into_a_request() -> None:
    """STS accepts 2,048 characters; the service model limits a location to 256."""
    location = Location("b" * 63, "k" * 187)
    for policy in (read_policy("aws-us-gov", location), write_policy("aws-us-gov", location, KEY)):
        assert len(json.dumps(policy, separators=(",", ":"))) <= 2048
