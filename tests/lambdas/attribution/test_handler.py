"""Tests that a report that fails does not stop the other reports of a run."""

from typing import Any

import boto3
import pytest

from tastemaker.failures import WorkFailedError
from tests.lambdas.attribution.shop import EVENTS, REPORTS, Shop, event


@pytest.fixture
def settings(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    for name, value in {
        "LAKE_BUCKET": "lake",
        "CATALOG_TABLE": "catalog",
        "ATTRIBUTION_NAMESPACE": "n",
        "DATA_BUCKETS": f'["{REPORTS}", "no-such-bucket"]',
    }.items():
        monkeypatch.setenv(f"TASTEMAKER_{name}", value)
    return shop


def names() -> set[str]:
    listed = boto3.client("cloudwatch", "eu-west-1").list_metrics(Namespace="n")["Metrics"]
    return {one["MetricName"] for one in listed}


def test_first_failure_is_raised_after_all_reports_were_tried(settings: Shop) -> None:
    from lambdas.attribution.handler import handle  # its clients want a region, which the fixture sets

    settings.store(f"{EVENTS}a.parquet", [event(1)])
    settings.store("good/a.parquet", [{"EVENT_TYPE": "buy", "TIMESTAMP": 1, "ITEM_ID": "a"}])
    one: dict[str, Any] = {"at": 1.0, "toCloudWatch": False, "toS3": True}
    settings.plan["imports"] = [
        {**one, "name": "bad", "prefix": "bad/"},
        {**one, "name": "good", "prefix": "good/"},
    ]
    settings.s3.delete_bucket(Bucket=REPORTS)
    with pytest.raises(WorkFailedError, match="Invalid S3 output path"):
        handle(settings.plan)
    assert names() == {"VIEWS"}
    settings.plan["output"] = None
    assert handle(settings.plan) == {"events": 0, "imports": 2}
