"""The AWS CLI as a client, with environment variables and the overlay that signs for API Gateway."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

OVERLAY = Path(__file__).parents[2] / "clients" / "models"
Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def aws(endpoint: str) -> Cli:
    services = ("PERSONALIZE", "PERSONALIZE_RUNTIME", "PERSONALIZE_EVENTS", "TASTEMAKER")
    endpoints = {f"AWS_ENDPOINT_URL_{service}": endpoint for service in services}
    environment = {**os.environ, **endpoints, "AWS_DATA_PATH": str(OVERLAY), "AWS_PAGER": ""}
    command = str(Path(sys.executable).with_name("aws"))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([command, *arguments], env=environment, capture_output=True, text=True)

    return run


def test_recipes_are_listed(aws: Cli) -> None:
    listed = aws("personalize", "list-recipes", "--query", "recipes[].name")
    assert "aws-user-personalization-v2" in json.loads(listed.stdout)


def test_describe_deployment_returns_stage_and_region(aws: Cli) -> None:
    described = aws("tastemaker", "describe-deployment", "--query", "deployment.[stage,region]")
    assert json.loads(described.stdout) == ["local", "us-east-1"]


def test_cli_creates_describes_and_deletes_a_group(aws: Cli) -> None:
    made = aws("personalize", "create-dataset-group", "--name", "by-hand")
    arn = json.loads(made.stdout)["datasetGroupArn"]
    described = aws("personalize", "describe-dataset-group", "--dataset-group-arn", arn)
    assert json.loads(described.stdout)["datasetGroup"]["status"] == "ACTIVE"
    assert aws("personalize", "delete-dataset-group", "--dataset-group-arn", arn).returncode == 0


def test_cli_shows_errors_of_the_service(aws: Cli) -> None:
    campaign = "arn:aws:personalize:us-east-1:123456789012:campaign/none"
    missing = aws("personalize", "describe-campaign", "--campaign-arn", campaign)
    assert "ResourceNotFoundException" in missing.stderr
    event = json.dumps([{"eventType": "View", "itemId": "i", "sentAt": 1_700_000_000}])
    unknown = aws(
        *("personalize-events", "put-events", "--tracking-id", "none", "--session-id", "s"),
        *("--event-list", event),
    )
    assert "InvalidInputException" in unknown.stderr
    asked = aws(
        *("personalize-runtime", "get-recommendations", "--campaign-arn", campaign, "--user-id", "u"),
    )
    assert "ResourceNotFoundException" in asked.stderr
