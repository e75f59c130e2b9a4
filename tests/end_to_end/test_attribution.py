"""Metric attributions through the API: from events and an import to CloudWatch and S3."""

import csv
import io
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.end_to_end import shop
from tests.end_to_end.store import WAIT_SECONDS, Store

NAMESPACE = "AWS/Personalize"  # Personalize's default, which the stage local has
METRICS = [
    {"metricName": "clicks", "eventType": "click", "expression": "SAMPLECOUNT()"},
    {"metricName": "income", "eventType": "purchase", "expression": "SUM(Items.PRICE)"},
]


@pytest.fixture(scope="module")
def attribution(store: Store) -> str:
    output = {"path": f"s3://{store.bucket}/attribution/"}
    arn: str = store.personalize.create_metric_attribution(
        name="impact",
        datasetGroupArn=store.group,
        metrics=METRICS,
        metricsOutputConfig={"roleArn": store.role, "s3DataDestination": output},
    )["metricAttributionArn"]
    store.wait("metric_attribution", "metricAttribution", arn)
    return arn


def run(store: Store, arn: str) -> None:
    """Start the state machine by hand. In AWS, a schedule starts it every quarter of an hour."""
    states = store.client("stepfunctions")
    machines = states.list_state_machines()["stateMachines"]
    (machine,) = [one for one in machines if one["name"].endswith("-attribution")]
    execution = states.start_execution(
        stateMachineArn=machine["stateMachineArn"], input=json.dumps({"metricAttributionArn": arn})
    )["executionArn"]
    deadline = time.time() + WAIT_SECONDS
    while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        assert time.time() < deadline
        time.sleep(0.2)
    assert found["status"] == "SUCCEEDED", found


def sums(store: Store, metric: str) -> dict[str, float]:
    """Source → Sum of the last hours."""
    cloudwatch = store.client("cloudwatch")
    now, found = datetime.now(UTC), {}
    metric = metric.upper()
    for one in cloudwatch.list_metrics(Namespace=NAMESPACE, MetricName=metric)["Metrics"]:
        of = {dimension["Name"]: dimension["Value"] for dimension in one["Dimensions"]}
        points = cloudwatch.get_metric_statistics(
            Namespace=NAMESPACE,
            MetricName=metric,
            Dimensions=one["Dimensions"],
            StartTime=now - timedelta(hours=3),
            EndTime=now + timedelta(hours=1),
            Period=900,
            Statistics=["Sum"],
        )["Datapoints"]
        assert of["DatasetGroupArn"] == store.group
        found[of["EventAttributionSource"]] = sum(point["Sum"] for point in points)
    return found


def send(store: Store, *events: dict[str, Any]) -> None:
    store.client("personalize-events").put_events(
        trackingId=store.tracking_id,
        userId="customer-1",
        sessionId="visit",
        eventList=[{"sentAt": time.time(), **event} for event in events],
    )


def test_events_count_for_the_source_that_led_to_them(store: Store, campaign: str, attribution: str) -> None:
    tea, bread = shop.item("tea", 2), shop.item("bread", 4)
    answer = store.client("personalize-runtime").get_recommendations(campaignArn=campaign, itemId=tea)
    told = {"recommendationId": answer["recommendationId"]}
    send(
        store,
        {"eventType": "click", "itemId": tea, **told},
        {"eventType": "click", "itemId": bread, **told},
        {"eventType": "click", "itemId": bread},
        {"eventType": "purchase", "itemId": tea, **told},
        {"eventType": "purchase", "itemId": bread, "metricAttribution": {"eventAttributionSource": "mail"}},
    )
    deadline = time.time() + WAIT_SECONDS
    while sum(sums(store, "clicks").values()) < 3:  # until the events are in the lake
        assert time.time() < deadline
        time.sleep(2.0)
        run(store, attribution)
    run(store, attribution)
    assert sums(store, "clicks") == {campaign: 2.0, "SOURCE_NAME_UNDEFINED": 1.0}
    assert sums(store, "income") == {campaign: 2.0, "MAIL": 3.0}  # 1 + place / 2


def test_import_has_a_report_in_the_callers_bucket(store: Store, attribution: str) -> None:
    at = int(time.time()) // 900 * 900 - 900
    rows = [("customer-1", shop.item("fruit", 6), at + 60, "purchase"), ("customer-2", "tea-00", at, "click")]
    text = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE\n" + "".join(f"{','.join(map(str, row))}\n" for row in rows)
    job = store.personalize.create_dataset_import_job(
        jobName="impact-more",
        datasetArn=store.datasets["Interactions"],
        dataSource={"dataLocation": store.put("more.csv", text)},
        roleArn=store.role,
        importMode="INCREMENTAL",
        publishAttributionMetricsToS3=True,
    )["datasetImportJobArn"]
    store.wait("dataset_import_job", "datasetImportJob", job)
    before = sums(store, "income").get("SOURCE_NAME_UNDEFINED", 0.0)
    for _ in range(2):
        run(store, attribution)
    listed = store.s3.list_objects_v2(Bucket=store.bucket, Prefix="attribution/")["Contents"]
    (key,) = [one["Key"] for one in listed]
    assert key.startswith("attribution/AggregatedAttributionMetrics - BULK - ") and key.endswith(".csv")
    source = {"EVENT_ATTRIBUTION_SOURCE": "SOURCE_NAME_UNDEFINED", "TIMESTAMP": str(at)}
    assert list(csv.DictReader(io.StringIO(store.text(key)))) == [
        {"METRIC_NAME": "CLICKS", "EVENT_TYPE": "CLICK", "VALUE": "1.0", "MATH_FUNCTION": "samplecount"}
        | source,
        {"METRIC_NAME": "INCOME", "EVENT_TYPE": "PURCHASE", "VALUE": "4.0", "MATH_FUNCTION": "sum"} | source,
    ]
    assert sums(store, "income")["SOURCE_NAME_UNDEFINED"] - before == 4.0
