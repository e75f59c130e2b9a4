"""Settings for every test: property tests are deterministic, and folders of expensive tests have markers.

Property tests have no deadline, so that they pass on a busy machine. Their examples are the same in every
run, so that a test fails because of a change in the code. `HYPOTHESIS_PROFILE=default` searches for new
examples.
"""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from botocore.loaders import create_loader
from hypothesis import HealthCheck, settings

settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

TESTS = Path(__file__).parent
# Tests in these folders start processes, synthesize the stack, or train models.
SLOW_FOLDERS = ("distributed", "end_to_end", "infrastructure", "local", "tastemaker_cdk", "training")


@pytest.fixture(scope="session", autouse=True)
def shared_loaders() -> Iterator[None]:
    """Let botocore's sessions with the same search path share one loader, so that models are parsed once.

    A session loads the models of its clients once; several sessions with one loader behave like one session.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", cache(create_loader))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder: `slow` for the expensive ones, `e2e` for end-to-end tests."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        if folder in SLOW_FOLDERS:
            item.add_marker(pytest.mark.slow)
        if folder == "end_to_end":
            item.add_marker(pytest.mark.e2e)
