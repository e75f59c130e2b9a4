"""One local run of the synthesized app for all end-to-end tests of a worker."""

import os
from collections.abc import Iterator

import pytest

from local import Local
from tests.end_to_end.store import Store

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    os.environ.update(CREDENTIALS)
    with Local(port=0) as run:
        yield run.endpoint


@pytest.fixture(scope="session")
def store(endpoint: str) -> Store:
    """A shop with a campaign of similar items, for all tests that need no model of their own."""
    store = Store(endpoint, "similar-items")
    store.load_shop()
    return store


@pytest.fixture(scope="session")
def similar(store: Store) -> str:
    """A trained version of similar items."""
    return store.train("aws-similar-items")


@pytest.fixture(scope="session")
def campaign(store: Store, similar: str) -> str:
    """The campaign that serves it."""
    return store.deploy("similar", similar)
