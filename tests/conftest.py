"""Settings for every test: property tests are deterministic, and folders of expensive tests have markers.

Property tests have no deadline, so that they pass on a busy machine. Their examples are the same in every
run, so that a test fails because of a change in the code. `HYPOTHESIS_PROFILE=default` searches for new
examples.
"""

import json
import marshal
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from botocore.loaders import JSONFileLoader
from hypothesis import HealthCheck, settings

settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

TESTS = Path(__file__).parent
# Tests in these folders start processes, synthesize the stack, or train models.
SLOW_FOLDERS = ("distributed", "end_to_end", "infrastructure", "local", "training")


@pytest.fixture(scope="session", autouse=True)
def parsed_models() -> Iterator[None]:
    """Let botocore parse each file of its models once. Every new session would parse them again.

    Sessions change what they load, so each one gets a copy. `marshal` copies faster than JSON is parsed.
    """
    load_file = JSONFileLoader.load_file

    @cache
    def parsed(file_path: str) -> bytes:
        return marshal.dumps(json.loads(json.dumps(load_file(JSONFileLoader(), file_path))))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", lambda _, file_path: marshal.loads(parsed(file_path)))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder: `slow` for the expensive ones, `e2e` for end-to-end tests."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        if folder in SLOW_FOLDERS:
            item.add_marker(pytest.mark.slow)
        if folder == "end_to_end":
            item.add_marker(pytest.mark.e2e)
