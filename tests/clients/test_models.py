"""The models in `clients/models`: what the functions read is what boto3 and the AWS CLI load."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.client_models import TARGET

ENVIRONMENT = {
    **os.environ,
    "AWS_DATA_PATH": str(TARGET),
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_PAGER": "",
}


@pytest.fixture
def aws():
    command = str(Path(sys.executable).with_name("aws"))

    def run(*arguments):
        return subprocess.run([command, *arguments], env=ENVIRONMENT, capture_output=True, text=True)

    return run


@pytest.mark.slow  # starts the AWS CLI
def test_cli_has_a_skeleton_of_our_operation(aws):
    asked = ("--generate-cli-skeleton", "output", "--endpoint-url", "http://127.0.0.1:9")
    skeleton = aws("tastemaker", "describe-deployment", *asked)
    assert '"trainableRecipeCount"' in skeleton.stdout, skeleton.stderr


@pytest.mark.slow  # starts the AWS CLI
def test_cli_names_the_variable_of_a_missing_endpoint(aws):
    answer = aws("tastemaker", "describe-deployment")
    assert answer.returncode != 0
    assert "AWS_ENDPOINT_URL_TASTEMAKER" in answer.stderr
