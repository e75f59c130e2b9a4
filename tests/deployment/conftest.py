"""Templates of real stages, each synthesized once."""

from collections.abc import Callable
from functools import cache

import pytest

from deployment.synthesis import Template, synthesize


@pytest.fixture(scope="session")
def synthesized() -> Callable[[str], Template]:
    return cache(synthesize)
