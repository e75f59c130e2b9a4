"""The endpoint, the credentials, and the service models."""

import json
from pathlib import Path

import pytest

from cli.connection import Connection, overlay
from cli.declarations.service import BotoApi
from cli.errors import CommandError
from tests.cli.conftest import Command
from tests.cli.service import FakeService


def test_local_run_needs_no_credentials(
    command: Command, service: FakeService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    connection = Connection(service.endpoint)
    assert connection.client("personalize").list_dataset_groups()["datasetGroups"]
    assert connection.session.region_name == "us-east-1"


def test_clients_sign_for_the_api_and_know_our_own_operations(command: Command, service: FakeService) -> None:
    connection = Connection(service.endpoint)
    assert connection.client("personalize").meta.service_model.signing_name == "execute-api"
    assert "describe_deployment" in dir(connection.client("tastemaker"))


def test_endpoint_elsewhere_needs_a_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(CommandError, match="No region is known"):
        _ = Connection("https://api.example.com").session


def test_service_models_are_in_the_checkout_and_in_the_wheel() -> None:
    import tomllib

    assert (overlay() / "tastemaker").is_dir()
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"] == {
        "clients/models": "cli/models"
    }
    assert json.dumps(project["project"]["scripts"]) == '{"tastemaker": "cli.__main__:main"}'


@pytest.mark.parametrize(
    ("endpoint", "signed_for", "ours"),
    [
        ("https://personalize.eu-west-1.amazonaws.com", "personalize", False),
        ("https://abc.execute-api.eu-west-1.amazonaws.com", "execute-api", True),
    ],
)
def test_amazon_personalize_is_called_as_it_expects(
    endpoint: str, signed_for: str, ours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    connection = Connection(endpoint, region="eu-west-1")
    model = connection.client("personalize").meta.service_model
    assert model.signing_name == signed_for
    assert BotoApi(connection).accepts("CreateCampaign", "awaitFirstVersion") is ours
