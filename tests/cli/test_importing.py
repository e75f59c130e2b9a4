"""Names of resources, buckets and roles."""

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli.connection import Connection
from cli.errors import CommandError
from cli.importing import ROLE, ensure_group, free_name, resource_name, storage, wait
from tests.cli.conftest import Command
from tests.cli.service import FakeService


@pytest.mark.parametrize(
    ("text", "name"),
    [("Orders 2026 (final)", "orders-2026-final"), ("été", "t"), ("…", "data"), ("x" * 90, "x" * 40)],
)
def test_name_of_a_resource_has_letters_digits_and_hyphens(text: str, name: str) -> None:
    assert resource_name(text) == name


def test_group_that_exists_is_used_again_and_try_takes_a_free_name(
    command: Command, service: FakeService
) -> None:
    connection = Connection(service.endpoint)
    assert ensure_group(connection, "shop").endswith("/shop")
    assert free_name(connection, "shop") == "shop-2"
    assert free_name(connection, "another") == "another"


def test_deployment_needs_a_bucket_and_a_role(bare: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = Connection(stage="prod")
    with pytest.raises(CommandError) as raised:
        storage(connection, "", "")
    assert "--bucket and --role" in raised.value.remedy
    given = storage(connection, "mine", "arn:aws:iam::1:role/Reader")
    assert json.dumps(vars(given)) == '{"bucket": "mine", "role": "arn:aws:iam::1:role/Reader"}'


class InMemory(Connection):
    """A local run that moto plays."""

    is_local = True  # type: ignore[assignment]

    def client(self, service: str) -> Any:
        return boto3.client(service, self.region)


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_local_run_gets_a_bucket_and_a_role_once(
    region: str, bare: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
        first, again = (storage(InMemory(region=region), "", "") for _ in range(2))
        policies = boto3.client("iam").list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]
        assert first == again and first.role.endswith(f":role/{ROLE}")
        boto3.client("s3", region).head_bucket(Bucket=first.bucket)
    assert [one["PolicyName"] for one in policies] == ["AmazonS3ReadOnlyAccess"]


def test_wait_returns_what_is_ready_and_raises_the_reason_of_a_failure(bare: Command) -> None:
    seen: list[str] = []
    states = iter(({"status": "CREATE PENDING"}, {"status": "ACTIVE"}))
    found = wait(InMemory(), lambda: next(states), "The import", lambda one: seen.append(one["status"]))
    assert found == {"status": "ACTIVE"} and seen == ["CREATE PENDING"]
    failed = {"status": "CREATE FAILED", "failureReason": "line 3 has no user"}
    with pytest.raises(CommandError, match="The import failed: line 3 has no user"):
        wait(InMemory(), lambda: failed, "The import")
