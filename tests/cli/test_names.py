"""Names become ARNs."""

import pytest

from cli import names
from cli.connection import Connection
from cli.errors import CommandError
from tests.cli.conftest import Command
from tests.cli.service import FakeService


@pytest.fixture
def connection(command: Command, service: FakeService) -> Connection:
    return Connection(service.endpoint)


def test_name_and_arn_name_the_same_resource(connection: Connection) -> None:
    arn = names.resolve(connection, names.GROUP, "shop")
    assert arn.endswith(":dataset-group/shop")
    assert names.resolve(connection, names.GROUP, arn) == arn


def test_unknown_name_is_refused_with_similar_names(connection: Connection) -> None:
    with pytest.raises(CommandError) as raised:
        names.resolve(connection, names.GROUP, "shopp")
    assert "shop" in raised.value.remedy


def test_one_of_several_resources_must_be_chosen(connection: Connection) -> None:
    with pytest.raises(CommandError) as raised:
        names.only(connection, names.GROUP, "", "--group")
    assert "--group NAME" in raised.value.remedy and "shop" in raised.value.problem


def test_only_resource_is_used_without_being_named(connection: Connection) -> None:
    group = names.resolve(connection, names.GROUP, "empty")
    with pytest.raises(CommandError, match="no dataset yet"):
        names.only(connection, names.DATASET, "", "--dataset", group)
    group = names.resolve(connection, names.GROUP, "shop")
    assert ":dataset/" in names.only(connection, names.DATASET, "", "--dataset", group)
