"""Fixtures for pytest. An installed package brings them; in a clone, a conftest names this module.

    pytest_plugins = ["tastemaker.testing.plugin"]

`tastemaker` is an empty service for one test. `tastemaker_run` is the same service for the whole session,
without a reset, for tests that share data or a trained model. Use one of the two in a session.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest

from tastemaker.testing.service import Service

_ENDPOINT = "--tastemaker-endpoint"
_ARGUMENTS, _SEED = "tastemaker_arguments", "tastemaker_seed"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("tastemaker")
    group.addoption(
        _ENDPOINT,
        metavar="URL",
        help="use the local run at this endpoint instead of starting one. It is never reset",
    )
    parser.addini(
        _ARGUMENTS,
        "arguments of the local run that tests start, such as --stage lite or --concurrency 10",
        default="",
    )
    parser.addini(
        _SEED,
        "the snapshot that the run starts with, such as a shop with trained models",
        type="paths",
        default=[],
    )


@pytest.fixture(scope="session")
def tastemaker_run(request: pytest.FixtureRequest) -> Iterator[Service]:
    """The service for all tests of a session. It starts with the first test that needs it."""
    endpoint = request.config.getoption(_ENDPOINT)
    if endpoint:
        yield Service(endpoint.rstrip("/"))
        return
    from cli import checkout
    from local import Local

    folder = checkout.folder()
    arguments = shlex.split(request.config.getini(_ARGUMENTS))
    seed = next(iter(request.config.getini(_SEED)), None)
    with Local(arguments=arguments, seed=seed, folder=folder, python=checkout.python(folder)) as run:
        yield Service(run.endpoint)


@pytest.fixture
def tastemaker(
    request: pytest.FixtureRequest, tastemaker_run: Service, monkeypatch: pytest.MonkeyPatch
) -> Service:
    """The service without data. boto3 and programs that a test starts find it by environment variables."""
    if not request.config.getoption(_ENDPOINT):
        tastemaker_run.reset()
    for name, value in tastemaker_run.environment.items():
        monkeypatch.setenv(name, value)
    return tastemaker_run
