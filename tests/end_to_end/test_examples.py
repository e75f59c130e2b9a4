"""Each example is deployed with one command, which ends with recommendations."""

from __future__ import annotations

import re
from collections.abc import Iterator

import boto3
import pytest

from examples.deploy import EXAMPLES, ITEMS, main, until
from local import Local

RECOMMENDERS = {"shop": 1, "video": 1, "tenants": 2}


@pytest.fixture(scope="module")
def own_endpoint() -> Iterator[str]:
    """A local run of its own: the examples name their dataset groups as other tests do."""
    with Local(port=0) as run:
        yield run.endpoint


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_is_deployed_with_one_command_and_recommends(
    own_endpoint: str, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", own_endpoint)
    assert main([name]) == 0
    printed = capsys.readouterr().out
    lists = [
        line.split("recommends ")[1].split(", ") for line in printed.splitlines() if "recommends" in line
    ]
    assert len(lists) == RECOMMENDERS[name], printed
    for items in lists:
        assert len(items) == 5 and all(re.fullmatch(r"i\d+", item) for item in items)
        assert {int(item[1:]) for item in items} <= set(range(ITEMS))

    cloudformation = boto3.client("cloudformation", endpoint_url=own_endpoint)
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    cloudformation.delete_stack(StackName=stack)
    deleted = until(
        lambda: cloudformation.describe_stacks(StackName=stack)["Stacks"][0],
        lambda found: not found["StackStatus"].endswith("_IN_PROGRESS"),
    )
    assert deleted["StackStatus"] == "DELETE_COMPLETE", deleted


def test_unknown_example_is_refused_with_the_names_of_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["films"]) == 2
    error = capsys.readouterr().err
    assert all(name in error for name in EXAMPLES)
