"""How clients sign with and without the overlay, as `clients/README.md` says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.gateway import Gateway, answering

OVERLAY = {"AWS_DATA_PATH": str(Path(__file__).parents[2] / "clients" / "models")}
CALLS = """
import boto3
boto3.client("personalize").list_recipes()
boto3.client("personalize-runtime").get_recommendations(campaignArn="arn:aws:personalize:::campaign/c")
boto3.client("personalize-events").put_events(
    trackingId="t", sessionId="s", eventList=[{"eventType": "e", "sentAt": 1}])
"""
OWN_CALL = """
boto3.client("tastemaker").describe_deployment()
"""
SIGNING_NAME_IN_CODE = """
import boto3
session = boto3.Session()
for service in ("personalize", "personalize-runtime", "personalize-events"):
    session.events.register(
        f"before-call.{service}",
        lambda context, **_: context.setdefault("signing", {}).update(signing_name="execute-api"),
    )
session.client("personalize").list_recipes()
session.client("personalize-runtime").get_recommendations(campaignArn="arn:aws:personalize:::campaign/c")
"""


def run(gateway: Gateway, *command: str, overlay: bool) -> None:
    environment = {**os.environ, **gateway.environment, **(OVERLAY if overlay else {})}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def test_boto3_with_the_overlay_signs_for_api_gateway():
    with answering() as gateway:
        run(gateway, sys.executable, "-c", CALLS + OWN_CALL, overlay=True)
    assert gateway.signed_for == ["execute-api"] * 4


def test_boto3_without_the_overlay_signs_for_personalize():
    with answering() as gateway:
        run(gateway, sys.executable, "-c", CALLS, overlay=False)
    assert gateway.signed_for == ["personalize"] * 3


def test_boto3_with_the_signing_name_in_code_signs_for_api_gateway():
    with answering() as gateway:
        run(gateway, sys.executable, "-c", SIGNING_NAME_IN_CODE, overlay=False)
    assert gateway.signed_for == ["execute-api"] * 2


@pytest.mark.slow  # starts the AWS CLI
def test_cli_with_the_overlay_signs_for_api_gateway():
    cli = str(Path(sys.executable).with_name("aws"))
    with answering() as gateway:
        run(gateway, cli, "personalize", "list-recipes", overlay=True)
        run(gateway, cli, "tastemaker", "describe-deployment", overlay=True)
    assert gateway.signed_for == ["execute-api"] * 2
