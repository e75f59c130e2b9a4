"""What clients show of the errors that API Gateway answers itself, as `clients/README.md` says."""

import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.clients.gateway import answering

README = (Path(__file__).parents[2] / "clients" / "README.md").read_text()
ERRORS = [
    (403, "Forbidden"),
    (404, "Not Found"),
    (413, "Request Entity Too Large"),
    (429, "Too Many Requests"),
    (500, "Internal Server Error"),
    (503, "Service Unavailable"),
]


@pytest.mark.parametrize(("status", "message"), ERRORS)
def test_boto3_shows_the_status_in_place_of_a_code(status, message):
    with answering(status, message) as gateway:
        client = boto3.client(
            "personalize",
            endpoint_url=gateway.url,
            region_name="eu-west-1",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
        )
        with pytest.raises(ClientError) as caught:
            client.list_recipes()
    assert caught.value.response["Error"] == {"Code": str(status), "Message": message}
    assert f"| {status} | {message} |" in README


@pytest.mark.slow  # starts the AWS CLI
def test_cli_shows_the_error_of_the_readme():
    cli = str(Path(sys.executable).with_name("aws"))
    with answering(403, "Forbidden") as gateway:
        environment = {**os.environ, **gateway.environment}
        answer = subprocess.run(
            [cli, "personalize", "list-recipes"], env=environment, capture_output=True, text=True
        )
    assert answer.returncode == 255
    shown = answer.stderr.strip().splitlines()[-1]
    assert shown == "An error occurred (403) when calling the ListRecipes operation: Forbidden"
    assert shown in README
