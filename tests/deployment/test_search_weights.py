"""The command that estimates weights, over a lake and a table with planted clicks."""

import argparse
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from deployment.command import CommandError
from deployment.search_weights import BIASES, arguments, collect, describe
from lambdas.stores.impression_log import ImpressionTable
from lambdas.stores.search_log import SearchLog
from tastemaker.contracts.lake_layout import GroupFolder, events_of_day
from tastemaker.search.learning.weights import estimate
from tests.tastemaker.search.learning.test_weights import shop

STORES = {"LakeBucket": "lake", "RecommendationsTable": "recommendations"}
NOW = 1_700_000_000.0


class Shop:
    """A lake with the events of clicks, and the table with the log of their searches."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3", region_name="us-east-1")
        self.dynamodb = boto3.client("dynamodb", region_name="us-east-1")
        self.s3.create_bucket(Bucket="lake")
        self.dynamodb.create_table(
            TableName="recommendations",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "version", "KeyType": "HASH"},
                {"AttributeName": "key", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("version", "key")
            ],
        )
        self.clicks = shop(1.0, 0.0, bias=1.0, searches=250)
        impressions = ImpressionTable(self.dynamodb, "recommendations")
        log = SearchLog(impressions, days=14)
        for click in self.clicks:
            log.record(click.search)
            impressions.flush()
        rows = [
            self.event(
                click.search.recommendation_id, click.item, click.user, "buy" if number % 2 else "view"
            )
            for number, click in enumerate(self.clicks)
        ]
        self.deliver("products.1f2e3d4c", [*rows, self.event(None, "item-1", "ann", "view"), *rows[:3]])
        self.deliver("products-other.aaaa", [self.event("RID-1", "item-1", "bob", "view")])

    @staticmethod
    def event(answer: str | None, item: str, user: str, event_type: str) -> dict[str, Any]:
        return {
            "recommendationid": answer,
            "itemid": item,
            "userid": user,
            "sessionid": "s",
            "eventtype": event_type,
            "sentat": int(NOW),
        }

    def deliver(self, folder: str, rows: list[dict[str, Any]]) -> None:
        file = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), file)
        day = f"{datetime.fromtimestamp(NOW, UTC):%Y/%m/%d}"
        key = f"{events_of_day(GroupFolder(folder).events, day)}a.parquet"
        self.s3.put_object(Bucket="lake", Key=key, Body=file.getvalue())

    def collect(self, *argv: str) -> list[Any]:
        given: argparse.Namespace = arguments().parse_args(["--group", "products", *argv])
        return collect(self.s3, self.dynamodb, STORES, given, NOW)


@pytest.fixture(scope="module")
def lab() -> Iterator[Shop]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        yield Shop()


def test_clicks_meet_the_searches_that_they_name(lab: Shop) -> None:
    found = lab.collect()
    assert {(one.search.recommendation_id, one.item, one.user) for one in found} == {
        (one.search.recommendation_id, one.item, one.user) for one in lab.clicks
    }
    assert len(found) == len(lab.clicks), "an event that was delivered twice counts once"
    shown = {one.search.recommendation_id: list(one.search.shown) for one in lab.clicks}
    assert all(list(one.search.shown) == shown[one.search.recommendation_id] for one in found)


def test_event_types_and_sources_select(lab: Shop) -> None:
    assert len(lab.collect("--event-type", "buy")) == len(lab.clicks) // 2
    assert len(lab.collect("--source", "search/shop/")) == len(lab.clicks)
    with pytest.raises(CommandError, match="none of them search/other"):
        lab.collect("--source", "search/other")


def test_missing_data_are_named(lab: Shop) -> None:
    with pytest.raises(CommandError, match="no data of a dataset group nobody"):
        collect(lab.s3, lab.dynamodb, STORES, arguments().parse_args(["--group", "nobody"]), NOW)
    with pytest.raises(CommandError, match=r"search\.logDays|0 of them") as error:
        collect(
            lab.s3, lab.dynamodb, STORES, arguments().parse_args(["--group", "products"]), NOW + 40 * 86_400
        )
    assert "logDays" in error.value.remedy


def test_report_names_the_planted_weight_and_its_uncertainty(lab: Shop) -> None:
    clicks = lab.collect()
    report = estimate(clicks, samples=200)
    text = describe(report, [estimate(clicks, bias=bias, samples=1) for bias in BIASES], len(clicks))
    assert report.best.weight >= 0.6
    assert f"Weight {report.best.weight:g} would have shown clicked items earlier" in text
    assert text.count("to") >= len(report.estimates)
    assert np.isfinite(report.best.gain.low)
    json.dumps({"mrr": report.best.mrr.value})
