"""EventBridge: executions that end, and who hears of it."""

from __future__ import annotations

from local.scheduling.rules import matches
from tests.local.conftest import unique, until


def test_pattern_matches_one_of_the_values_of_each_member():
    event = {"source": "aws.states", "detail": {"status": "FAILED", "name": "a"}}
    assert matches({"source": ["aws.states"], "detail": {"status": ["ABORTED", "FAILED"]}}, event)
    assert not matches({"detail": {"status": ["ABORTED"]}}, event)
    assert not matches({"detail": {"cause": ["x"]}}, event)
    assert not matches({"source": {"status": ["FAILED"]}}, event)


def heard(local, execution: str):
    key = {"id": {"S": execution}}
    return lambda: local.client("dynamodb").get_item(TableName="tiny-own", Key=key).get("Item")


def test_rule_gets_the_event_of_a_failed_execution(local, run):
    described = run("snoop", {"n": 1})
    item = until(heard(local, described["executionArn"]), lambda item: item)
    assert (item["status"]["S"], item["input"]["S"]) == ("FAILED", '{"n": 1}')


def test_rule_gets_the_event_of_a_stopped_execution(local, run):
    job, sagemaker = unique("job"), local.client("sagemaker")
    started = run("train", {"job": job, "mode": "wait"}, wait=False)
    until(
        lambda: [row["TrainingJobName"] for row in sagemaker.list_training_jobs()["TrainingJobSummaries"]],
        lambda names: job in names,
    )
    local.client("stepfunctions").stop_execution(executionArn=started["executionArn"])
    item = until(heard(local, started["executionArn"]), lambda item: item)
    assert item["status"]["S"] == "ABORTED"
