"""With environment variables alone, boto3 and the AWS CLI sign for API Gateway (clients/README.md)."""

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

OVERLAY = Path(__file__).parents[2] / "clients" / "models"
CALLS = """
import boto3
boto3.client("personalize").list_recipes()
boto3.client("personalize-runtime").get_recommendations(campaignArn="arn:aws:personalize:::campaign/c")
boto3.client("personalize-events").put_events(
    trackingId="t", sessionId="s", eventList=[{"eventType": "e", "sentAt": 1}])
"""


class Recorder(http.server.BaseHTTPRequestHandler):
    """Answers every request with an empty object and keeps what service it was signed for."""

    scopes: list[str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        scope = self.headers["authorization"].split("Credential=")[1].split(",")[0]
        self.scopes.append(scope.split("/")[-2])
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *arguments: object) -> None:
        """The test's output is enough."""


@pytest.fixture
def recorder() -> Iterator[tuple[dict[str, str], list[str]]]:
    scopes: list[str] = []
    handler = type("Handler", (Recorder,), {"scopes": scopes})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        endpoints = {f"AWS_ENDPOINT_URL_PERSONALIZE{part}": url for part in ("", "_RUNTIME", "_EVENTS")}
        credentials = {
            "AWS_ACCESS_KEY_ID": "k",
            "AWS_SECRET_ACCESS_KEY": "s",
            "AWS_DEFAULT_REGION": "eu-west-1",
        }
        yield {**os.environ, **endpoints, **credentials}, scopes
        server.shutdown()


def test_boto3_signs_for_api_gateway(recorder: tuple[dict[str, str], list[str]]) -> None:
    environment, scopes = recorder
    subprocess.run(
        [sys.executable, "-c", CALLS], env={**environment, "AWS_DATA_PATH": str(OVERLAY)}, check=True
    )
    assert scopes == ["execute-api"] * 3


def test_without_the_overlay_it_signs_for_personalize(recorder: tuple[dict[str, str], list[str]]) -> None:
    environment, scopes = recorder
    subprocess.run([sys.executable, "-c", CALLS], env=environment, check=True)
    assert scopes == ["personalize"] * 3


def test_the_cli_signs_for_api_gateway(recorder: tuple[dict[str, str], list[str]]) -> None:
    environment, scopes = recorder
    cli = Path(sys.executable).with_name("aws")
    subprocess.run(
        [str(cli), "personalize", "list-recipes"],
        env={**environment, "AWS_DATA_PATH": str(OVERLAY)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    assert scopes == ["execute-api"]
