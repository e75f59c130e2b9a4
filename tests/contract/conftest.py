from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tastemaker.control import registry
from tastemaker.wire import Service
from tests.contract.requests import populate
from tests.contract.server import running
from tests.tastemaker.control.fakes import World, world

CONFIG = Config(retries={"max_attempts": 0}, parameter_validation=False)


@dataclass
class Shop:
    """A populated world behind HTTP, with a boto3 client and a valid request for each operation."""

    world: World
    client: Any
    requests: dict[str, dict[str, Any]]

    def call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Call an operation by its name in the model."""
        method = next(
            python for python, name in self.client.meta.method_to_api_mapping.items() if name == operation
        )
        return getattr(self.client, method)(**params)

    @property
    def records(self) -> dict[str, int]:
        """ARN → revision of every stored record."""
        repository = self.world.control.ports.repository
        return {arn: record.revision for arn, record in repository.records.items()}  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def clients() -> Any:
    """A function from an endpoint to a boto3 client. One session loads the service model only once."""
    session = boto3.Session("key", "secret", region_name="eu-west-1")
    return lambda endpoint: session.client("personalize", endpoint_url=endpoint, config=CONFIG)


def _shop(clients: Any) -> Iterator[Shop]:
    here = world()
    requests = populate(here)
    with running(Service("personalize"), registry.operations(here.control)) as endpoint:
        yield Shop(here, clients(endpoint), requests)


@pytest.fixture
def shop(clients: Any) -> Iterator[Shop]:
    """A shop for one test, which can change it."""
    yield from _shop(clients)


@pytest.fixture(scope="module")
def shared_shop(clients: Any) -> Iterator[Shop]:
    """A shop for all tests of a module whose requests are refused, so that it does not change."""
    yield from _shop(clients)
