"""Templates of real stages, each synthesized once, and AWS in memory."""

from collections.abc import Callable, Iterator

import pytest
from moto import mock_aws

from deployment.synthesis import Template, synthesize


@pytest.fixture(scope="session")
def synthesized() -> Callable[[str], Template]:
    return synthesize


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS in memory, in us-east-1, with credentials that no other account has."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield
