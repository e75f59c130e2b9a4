"""One local run of the synthesized app for all end-to-end tests."""

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder on one worker: they share the one local run."""
    for item in items:
        if "tests/end_to_end/" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("end-to-end"))


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    os.environ.update(CREDENTIALS)
    with Local(port=0) as run:
        yield run.endpoint


@pytest.fixture(scope="session")
def store(endpoint: str) -> Store:
    """A shop whose similar items are learnt and served, for all tests that want no model of their own."""
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
