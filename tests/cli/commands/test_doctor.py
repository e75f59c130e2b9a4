"""What is missing, with a remedy."""

import json

import pytest

from tests.cli.conftest import Command
from tests.cli.service import FakeService

DEPLOYMENT = {
    "version": "0.1.0", "stage": "local", "region": "eu-west-1", "accountId": "123456789012",
}  # fmt: skip


def test_doctor_names_the_endpoint_that_answers(command: Command, service: FakeService) -> None:
    service.answers["DescribeDeployment"] = {"deployment": DEPLOYMENT}
    found = {one["check"]: one for one in json.loads(command("doctor", "--json").out)}
    assert found["endpoint"]["status"] == "ok" and service.endpoint in found["endpoint"]["text"]
    assert found["service"]["text"].startswith("version 0.1.0, stage local")


def test_missing_part_has_a_remedy_and_exit_code_1(bare: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    result = bare("doctor")
    assert result.code == 1 and "install Node.js" in result.out
