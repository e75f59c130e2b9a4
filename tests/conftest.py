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
SLOW_FOLDERS = (
    # Tests that start processes, synthesize the stack, or train models.
    *("distributed", "end_to_end", "infrastructure", "local", "tastemaker_cdk", "training"),
    # Tests that run whole jobs on AWS in memory.
    *("lambdas/attribution", "lambdas/batch", "lambdas/deletion", "lambdas/refreshing"),
)
ONE_WORKER = ("deployment", "end_to_end", "infrastructure", "training")
"""Folders whose tests share what is expensive: templates, models, imported data.

With `--dist loadgroup`, one process runs them all, or all of a file in `end_to_end`, and makes each thing
once.
"""


@pytest.fixture(scope="session", autouse=True)
def shared_loaders() -> Iterator[None]:
    """Let botocore's sessions with the same search path share one loader, so that models are parsed once.

    A session loads the models of its clients once; several sessions with one loader behave like one session.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", cache(create_loader))
        yield


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder: `slow` for the expensive ones, `e2e` for end-to-end tests, and groups."""
    for item in items:
        if not item.path.is_relative_to(TESTS):
            continue
        path = item.path.relative_to(TESTS)
        folder = path.parts[0]
        if any(path.is_relative_to(slow) for slow in SLOW_FOLDERS):
            item.add_marker(pytest.mark.slow)
        if folder == "end_to_end":
            item.add_marker(pytest.mark.e2e)
        if folder in ONE_WORKER:
            item.add_marker(pytest.mark.xdist_group(path.stem if folder == "end_to_end" else folder))
