"""Names of resources, buckets and roles."""

import json

import pytest

from cli.connection import Connection
from cli.errors import CommandError
from cli.importing import ensure_group, free_name, resource_name, storage
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
