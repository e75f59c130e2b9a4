"""The smoke test against the local run: every step passes, and everything is deleted afterwards."""

import io
import json

import boto3
import pytest

from deployment.command import Console, main
from deployment.smoke.__main__ import arguments, smoke
from deployment.smoke.steps import STEPS


def test_every_step_of_the_smoke_test_passes_on_the_local_run(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    out, progress = io.StringIO(), io.StringIO()
    code = main(arguments(), smoke, ["--stage", "local", "--json"], Console(out, progress))
    found = json.loads(out.getvalue())
    assert {step["step"]: step["outcome"] for step in found["steps"]} == {
        step.name: "passed" for step in STEPS
    }, progress.getvalue()
    assert code == 0
    groups = boto3.client("personalize", endpoint_url=endpoint).list_dataset_groups()["datasetGroups"]
    assert found["run"] not in {group["name"] for group in groups}
