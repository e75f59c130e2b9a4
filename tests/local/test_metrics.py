"""Metrics in log lines arrive in the local run's CloudWatch."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.emulator import Emulator
from local.logs import LogSink

ARN = "arn:aws:personalize:us-east-1:000000000000:campaign/c"


def line(namespace: str, at: float, values: dict[str, Any], dimensions: dict[str, str]) -> str:
    directive = {
        "Namespace": namespace,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": "Count"} for name in values],
    }
    about = {"Timestamp": int(at * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": about, **values, **dimensions})


def statistics(local: Emulator, namespace: str, name: str, *stats: str) -> list[float]:
    """The statistics of the last hour."""
    metric = {
        "Namespace": namespace,
        "MetricName": name,
        "Dimensions": [{"Name": "CampaignArn", "Value": ARN}],
    }
    now = datetime.now(UTC)
    answer = local.client("cloudwatch").get_metric_data(
        MetricDataQueries=[
            {"Id": f"m{n}", "MetricStat": {"Metric": metric, "Period": 7200, "Stat": stat}}
            for n, stat in enumerate(stats)
        ],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
    )
    return [sum(result["Values"]) for result in answer["MetricDataResults"]]


def test_metrics_in_log_lines_can_be_read_and_listed(local: Emulator) -> None:
    sink, now = LogSink(local.account), time.time()
    for value in (1, 3):
        sink("metrics", "s", line("Emf/Read", now, {"Requests": value}, {"CampaignArn": ARN}))
    sink("metrics", "s", line("Emf/Read", now - 90, {"Requests": [5, 6]}, {"CampaignArn": ARN}))
    sink.flush()
    stats = ("Sum", "SampleCount", "Minimum", "Maximum")
    assert statistics(local, "Emf/Read", "Requests", *stats) == [15, 4, 1, 6]
    (metric,) = local.client("cloudwatch").list_metrics(Namespace="Emf/Read")["Metrics"]
    assert metric["MetricName"] == "Requests"
    assert metric["Dimensions"] == [{"Name": "CampaignArn", "Value": ARN}]


@pytest.mark.parametrize("text", ['{"_aws"', '{"_aws": {}}', 'a "_aws" text', '{"_aws": {"Timestamp": "x"}}'])
def test_lines_that_only_resemble_metrics_remain_log_lines(local: Emulator, text: str) -> None:
    sink = LogSink(local.account)
    sink("metrics", "odd", text)
    sink("metrics", "odd", line("Emf/After", time.time(), {"Others": 2}, {"CampaignArn": ARN}))
    sink.flush()
    assert statistics(local, "Emf/After", "Others", "Maximum") == [2]
    events = local.client("logs").get_log_events(logGroupName="metrics", logStreamName="odd")["events"]
    assert text in [event["message"] for event in events]
