"""Settings for every test: property tests are deterministic, and folders of expensive tests have markers.

Property tests have no deadline, so that they pass on a busy machine. Their examples are the same in every
run, so that a test fails because of a change in the code. `HYPOTHESIS_PROFILE=default` searches for new
examples.
"""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

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

FIRST_FOLDERS = ("training", "house")


@pytest.fixture(scope="session", autouse=True)
def shared_loaders() -> Iterator[None]:
    """Let botocore's sessions with the same search path share one loader, so that models are parsed once.

    A session loads the models of its clients once; several sessions with one loader behave like one session.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", cache(create_loader))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder: `slow` for the expensive ones, `e2e` for end-to-end tests.

    Large units of work come first, so that no process waits for one at the end. The others keep their order,
    because end-to-end tests set variables of the environment for those that follow.
    """
    items.sort(key=lambda item: not any(item.path.is_relative_to(TESTS / folder) for folder in FIRST_FOLDERS))
    for item in items:
        if not item.path.is_relative_to(TESTS):
            continue
        path = item.path.relative_to(TESTS)
        if any(path.is_relative_to(slow) for slow in SLOW_FOLDERS):
            item.add_marker(pytest.mark.slow)
        if path.parts[0] == "end_to_end":
            item.add_marker(pytest.mark.e2e)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Distribute units of work with `--dist loadgroup`.

    The marks of pytest-xdist 3.8 have no effect with pytest 9.2, which keeps the ID that a test had first.
    """
    if config.getvalue("dist") != "loadgroup":
        return None
    from tests.units_of_work import Units

    config.option.loadscopereorder = False
    return Units(config, log)
