"""`make bootstrap` runs the pinned CDK for the right account, with our Python first in the path."""

import io
import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from deployment import bootstrap
from deployment.command import CommandError, Console, main
from infrastructure.stage import load

ROOT = Path(__file__).parents[2]


@pytest.fixture
def caller(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def cdk(tmp_path: Path) -> Path:
    """A program in the place of the CDK that writes down its arguments and which python3 it would start."""
    program = tmp_path / "cdk"
    program.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncommand -v python3 > {tmp_path}/python\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    return program


def test_bootstrap_runs_the_cdk_for_the_callers_account_with_our_python(caller, cdk: Path) -> None:
    out = io.StringIO()
    code = main(
        bootstrap.arguments(),
        bootstrap.run,
        ["--json", "--cdk", str(cdk), "--", "--qualifier", "own"],
        Console(out, io.StringIO()),
    )
    assert code == 0
    assert json.loads(out.getvalue()) == {"environment": "aws://123456789012/eu-west-1", "bootstrapped": True}
    said = (cdk.parent / "arguments").read_text().split()
    assert said == ["bootstrap", "aws://123456789012/eu-west-1", "--qualifier", "own"]
    assert (cdk.parent / "python").read_text().strip() == str(Path(sys.executable).parent / "python3")


def test_account_and_region_of_the_stage_win(caller) -> None:
    stage = replace(load("dev"), account="111122223333", region="ap-south-1")
    assert bootstrap.target(stage, boto3.Session()) == "aws://111122223333/ap-south-1"


def test_failure_of_the_cdk_is_an_error(caller, cdk: Path) -> None:
    cdk.write_text("#!/bin/sh\nexit 3\n")
    progress = io.StringIO()
    assert main(bootstrap.arguments(), bootstrap.run, ["--cdk", str(cdk)], Console(progress=progress)) == 2
    assert "cdk bootstrap failed" in progress.getvalue()


def test_missing_region_credentials_and_cdk_are_named_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in (
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_PROFILE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(CommandError, match="No region"):
        bootstrap.target(load("dev"), boto3.Session())
    with pytest.raises(CommandError, match="account of the caller") as caught:
        bootstrap.target(load("dev"), boto3.Session(region_name="eu-west-1"))
    assert "aws sso login" in caught.value.remedy
    with pytest.raises(CommandError, match="not installed"):
        bootstrap.command("aws://1/r", tmp_path / "cdk", [])


def test_unknown_stage_is_an_error_that_lists_the_stages() -> None:
    progress = io.StringIO()
    assert main(bootstrap.arguments(), bootstrap.run, ["--stage", "nope"], Console(progress=progress)) == 2
    assert "dev" in progress.getvalue() and "prod" in progress.getvalue()


@pytest.mark.slow
def test_pinned_cdk_bootstraps_the_role_and_the_parameter_that_preflight_reads() -> None:
    shown = subprocess.run(
        [bootstrap.CDK, "bootstrap", "--show-template"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"},
    ).stdout
    assert "/cdk-bootstrap/${Qualifier}/version" in shown
