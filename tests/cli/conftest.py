"""The command line as a user calls it, and a service for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from cli.__main__ import run
from tests.cli.service import FakeService, running
from tests.contract.requests import populate
from tests.tastemaker.control.fakes import world


@dataclass(frozen=True)
class Result:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Command = Callable[..., Result]


@pytest.fixture(autouse=True)
def no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pipes have no width. Workers that run tests in parallel set one."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command without settings of the machine."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_PERSONALIZE", "AWS_PROFILE", "TASTEMAKER_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("NO_COLOR", "1")

    def call(*arguments: str) -> Result:
        code = run(arguments)
        printed = capsys.readouterr()
        return Result(code, printed.out, printed.err)

    return call


@pytest.fixture(scope="module")
def service() -> Iterator[FakeService]:
    """A service with the resources of the contract tests, for tests that change nothing that others see."""
    here = world()
    populate(here)
    with running(here) as found:
        yield found


@pytest.fixture
def command(bare: Command, service: FakeService, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command against the service."""
    service.answers.clear()
    service.asked.clear()
    monkeypatch.setenv("AWS_ENDPOINT_URL", service.endpoint)
    return bare
