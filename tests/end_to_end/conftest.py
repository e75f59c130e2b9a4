"""One local run of the synthesized app for all end-to-end tests."""

import os
from collections.abc import Iterator

import pytest

from local import Local

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
