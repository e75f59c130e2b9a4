"""Metrics, the audit log, and logs without personal data, in the local run."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.end_to_end.running import PROGRAMS
from tests.end_to_end.store import Store

NAMESPACE = "AWS/Personalize"
PERSON = "person-4711@example.com"
CONTENT = "sneakers-0815"


def total(store: Store, name: str, **dimensions: str) -> float:
    """The sum of a metric in the last hour."""
    now = datetime.now(UTC)
    answer = store.client("cloudwatch").get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=7200,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in answer["Datapoints"]))


def lines(store: Store) -> list[tuple[str, str]]:
    """All lines in CloudWatch Logs, each with its group."""
    logs, found = store.client("logs"), []
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
            found += [(name, event["message"]) for event in page["events"]]
    return found


def eventually(ask: Callable[[], bool]) -> None:
    """Wait until something is true: log lines arrive within a second."""
    deadline = time.time() + 20
    while not ask():
        assert time.time() < deadline
        time.sleep(0.2)


@pytest.fixture(scope="module")
def used(store: Store, campaign: str) -> str:
    """A campaign after valid and invalid requests for one user. Returns its ARN."""
    runtime, events = store.client("personalize-runtime"), store.client("personalize-events")
    for item in ("bread-01", "cheese-03", "tea-02"):
        runtime.get_recommendations(campaignArn=campaign, itemId=item, userId=PERSON)
    with pytest.raises(ClientError, match="filter"):
        bad = f"{store.group.replace('dataset-group', 'filter')}-{PERSON.partition('@')[0]}"
        runtime.get_recommendations(campaignArn=campaign, itemId="tea-02", userId=PERSON, filterArn=bad)
    with pytest.raises(ClientError):
        runtime.get_recommendations(campaignArn=f"{campaign}-x", itemId="tea-02", userId=PERSON)
    store.send(f"session-{PERSON}", {"eventType": "view", "itemId": CONTENT}, user=PERSON)
    for properties in (f'{{"WRONG": "{CONTENT}"', f'"{CONTENT}"'):
        with pytest.raises(ClientError):
            bad_event = {"eventType": "view", "itemId": CONTENT, "properties": properties}
            store.send("s", bad_event, user=PERSON)
    with pytest.raises(ClientError):
        users = [{"userId": PERSON, "properties": json.dumps({"age": CONTENT})}]
        events.put_users(datasetArn=store.datasets["Items"], users=users)
    with pytest.raises(ClientError):
        store.personalize.describe_campaign(campaignArn=f"{campaign}-x")
    return campaign


def test_requests_are_counted_for_their_campaign(store: Store, used: str) -> None:
    eventually(lambda: total(store, "GetRecommendations", CampaignArn=used) >= 3)
    eventually(lambda: total(store, "GetRecommendations4xxErrors", CampaignArn=used) == 1)
    eventually(lambda: total(store, "GetRecommendations4xxErrors", service="runtime") >= 1)
    assert total(store, "GetRecommendationsLatency", CampaignArn=used) > 0


def test_events_are_counted_for_their_tracker(store: Store, used: str) -> None:
    (tracker,) = store.personalize.list_event_trackers(datasetGroupArn=store.group)["eventTrackers"]
    dimensions = {
        "DatasetGroupArn": store.group,
        "DatasetArn": store.datasets["Interactions"],
        "EventTrackerArn": tracker["eventTrackerArn"],
    }
    eventually(lambda: total(store, "PutEventsRequests", **dimensions) >= 1)
    assert total(store, "AcceptedEvents", **dimensions) >= 1
    eventually(lambda: total(store, "RefusedEvents", **dimensions) == 2)


def test_jobs_are_counted_and_timed(store: Store, similar: str) -> None:
    solution = {"SolutionArn": similar.rpartition("/")[0], "SolutionVersionArn": similar}
    eventually(lambda: total(store, "SolutionTrainingJobExecutionTime", **solution) > 0)
    assert total(store, "SolutionTrainingJobRequests", **solution) == 1
    assert total(store, "SolutionTrainingJobInteractions", **solution) > 100
    dataset = store.datasets["Interactions"]
    jobs = store.personalize.list_dataset_import_jobs(datasetArn=dataset)["datasetImportJobs"]
    first = min(jobs, key=lambda job: job["creationDateTime"])  # other tests import further rows
    job = {
        "DatasetGroupArn": store.group,
        "DatasetArn": dataset,
        "DatasetImportJobArn": first["datasetImportJobArn"],
    }
    assert total(store, "DatasetImportJobRequests", **job) == 1
    assert total(store, "DatasetImportJobRows", **job) > 100
    assert total(store, "DatasetSize", **job) > 1000


def test_monitor_of_aws_samples_reads_and_watches_a_campaign(store: Store, used: str, endpoint: str) -> None:
    eventually(lambda: total(store, "GetRecommendations", CampaignArn=used) >= 3)
    done = subprocess.run(
        [sys.executable, str(PROGRAMS / "watch_campaigns.py")],
        env={**os.environ, "AWS_ENDPOINT_URL": endpoint, "CAMPAIGN_ARN": used},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen: dict[str, Any] = json.loads(done.stdout)
    assert seen["requests"] == total(store, "GetRecommendations", CampaignArn=used) >= 3
    assert seen["latency"] and seen["latency"][0] > 0
    assert seen["utilization"] == pytest.approx(seen["requests"] / 3)
    assert seen["created"] == [[True, True], [False, False]]
    assert seen["enabled"] is True
    assert {"GetRecommendations", "GetRecommendationsLatency"} <= set(seen["listed"])


def test_control_plane_calls_are_in_the_audit_log(store: Store, used: str) -> None:
    def entries() -> list[dict[str, Any]]:
        return [json.loads(text) for _, text in lines(store) if text.startswith('{"audit"')]

    def refused(entry: dict[str, Any]) -> bool:
        return entry["resources"] == {"campaignArn": f"{used}-x"}

    eventually(lambda: any(map(refused, entries())))
    (entry,) = filter(refused, entries())
    assert (entry["operation"], entry["outcome"]) == ("DescribeCampaign", "ResourceNotFoundException")
    assert entry["caller"].startswith("arn:aws:iam::")
    created = [e for e in entries() if e["operation"] == "CreateCampaign"]
    assert used in [e["resources"].get("campaignArn") for e in created]
    assert {e["status"] for e in created} == {200}


def test_logs_have_no_user_ids_and_no_contents_of_events(store: Store, used: str) -> None:
    names = store.client("dynamodb").list_tables()["TableNames"]
    (table,) = [name for name in names if "rofiles" in name]
    eventually(lambda: PERSON in json.dumps(store.client("dynamodb").scan(TableName=table)["Items"]))
    time.sleep(1.5)  # until the log has the last lines
    found = lines(store)
    assert {"runtime", "events", "control"} <= {group.rpartition("-")[2] for group, _ in found}
    personal = PERSON.partition("@")[0]
    assert [(group, text) for group, text in found if personal in text or CONTENT in text] == []
