"""Which identity opens a caller's bucket, and that the lake is opened for no caller."""

from typing import Any

import boto3
import pytest

from lambdas.stores.caller_access import CallerAccess
from lambdas.support.roles import RoleAssumption
from lambdas.support.settings import Settings
from tastemaker.failures import AccessRefused, InvalidLocation
from tests.lambdas.support.test_roles import ROLE, Session

OWN = "the function's own role"


def access(own_buckets: list[str] | None = None) -> tuple[CallerAccess, Session]:
    session = Session()
    roles = RoleAssumption(session, "stack-id")  # type: ignore[arg-type]
    return CallerAccess(roles, object(), own_buckets or [], "tastemaker-lake"), session


def test_bucket_is_opened_with_the_role_that_the_caller_names() -> None:
    caller, session = access(["shared"])
    caller.source("s3://data/a.csv", ROLE)
    caller.output("s3://out/folder/", ROLE)
    assert [request["RoleArn"] for request in session.requests] == [ROLE, ROLE]
    assert "arn:aws:s3:::data/a.csv" in session.requests[0]["Policy"]
    assert "arn:aws:s3:::out/folder/*" in session.requests[1]["Policy"]


def test_only_the_buckets_of_the_stage_are_opened_with_the_functions_own_role() -> None:
    caller, session = access(["shared"])
    caller.source("s3://shared/a.csv", ROLE)
    caller.source("s3://shared/a.csv", None)
    assert session.requests == []
    with pytest.raises(AccessRefused, match="no roleArn, and data is not one"):
        caller.source("s3://data/a.csv", None)


@pytest.mark.parametrize("role", [ROLE, None])
@pytest.mark.parametrize("bucket", ["tastemaker-lake", "Tastemaker-Lake", "tastemaker-lake."])
def test_lake_is_refused_to_every_role(bucket: str, role: str | None) -> None:
    caller, session = access(["tastemaker-lake"])
    for open_location in (caller.source, caller.output):
        with pytest.raises(AccessRefused, match="the deployment's own data"):
            open_location(f"s3://{bucket}/groups/other/", role)
    assert session.requests == []


@pytest.mark.parametrize("uri", ["s3://data/../tastemaker-lake/x", "s3://x-s3alias/a", "s3://a@data/b"])
def test_job_that_was_created_before_the_rules_is_refused_when_it_runs(uri: str) -> None:
    caller, _ = access()
    with pytest.raises(InvalidLocation, match="expected"):
        caller.source(uri, ROLE)


def test_access_is_built_from_the_settings() -> None:
    environment: dict[str, Any] = {
        "TASTEMAKER_LAKE_BUCKET": "lake",
        "TASTEMAKER_DATA_BUCKETS": '["shared"]',
        "TASTEMAKER_EXTERNAL_ID": "id",
        "TASTEMAKER_JOB_ROLES": "arn:a,arn:b",
    }
    caller = CallerAccess.connect(boto3.Session(region_name="eu-west-1"), None, Settings(environment))
    assert (caller.own_buckets, caller.lake_bucket) == (["shared"], "lake")
    assert (caller.roles.external_id, caller.roles.job_roles) == ("id", ["arn:a", "arn:b"])
