"""Tests of reports on imports: a file in the caller's bucket, and figures of imports that add rows."""

from typing import Any

import pytest

from tests.lambdas.attribution.shop import HOME, METRICS, NOW, QUARTER, Killed, Shop, Steps

OLD = QUARTER - 30 * 86_400
NAME = "attribution/AggregatedAttributionMetrics - BULK - 20231115T120000.500000Z.csv"
REPORT = f"""METRIC_NAME,EVENT_TYPE,VALUE,MATH_FUNCTION,EVENT_ATTRIBUTION_SOURCE,TIMESTAMP
VIEWS,VIEW,2.0,samplecount,{HOME},{QUARTER}
VIEWS,VIEW,1.0,samplecount,MAIL,{OLD}
INCOME,BUY,12.0,sum,SOURCE_NAME_UNDEFINED,{QUARTER}
MINUTES,VIEW,3.5,sum,{HOME},{QUARTER}
"""


def row(kind: str, at: int, source: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "USER_ID": "u",
        "ITEM_ID": "tea",
        "EVENT_TYPE": kind,
        "TIMESTAMP": at,
        "EVENT_ATTRIBUTION_SOURCE": source,
        **more,
    }


@pytest.fixture
def one(shop: Shop) -> dict[str, Any]:
    shop.plan["metrics"] = METRICS[:3]
    shop.store("bulk/2/a.parquet", [{"ITEM_ID": "tea", "PRICE": 4.0}, {"ITEM_ID": "x", "PRICE": 1.0}])
    prefix = "groups/films/datasets/INTERACTIONS/first/"
    views = [row("view", QUARTER, HOME, EVENT_VALUE=value) for value in (1.0, 2.5)]
    shop.store(f"{prefix}part-00000.parquet", [*views, row("view", OLD, "mail", EVENT_VALUE=None)])
    shop.store(f"{prefix}part-00001.parquet", [row("buy", QUARTER + 1)] * 3 + [row("leave", QUARTER)])
    return {"name": "first", "prefix": prefix, "at": 1_700_049_600.5, "toCloudWatch": True, "toS3": True}


def test_incremental_import_has_a_report_and_figures(shop: Shop, one: dict[str, Any]) -> None:
    for _ in range(2):
        shop.report_import(one)
    assert shop.reports() == {NAME: REPORT}
    assert shop.taker.totals == {  # without what is older than two weeks, and once
        ("views", HOME, QUARTER): 2.0,
        ("income", "SOURCE_NAME_UNDEFINED", QUARTER): 12.0,
        ("minutes", HOME, QUARTER): 3.5,
    }


def test_full_import_has_a_report_and_no_figures(shop: Shop, one: dict[str, Any]) -> None:
    shop.report_import({**one, "toCloudWatch": False})
    assert shop.reports() == {NAME: REPORT} and shop.taker.requests == []


def test_import_without_the_flag_has_no_report(shop: Shop, one: dict[str, Any]) -> None:
    shop.report_import({**one, "toS3": False})
    assert shop.reports() == {} and len(shop.taker.requests) == 1


def test_run_that_is_repeated_after_any_step_writes_the_same_report(shop: Shop, one: dict[str, Any]) -> None:
    steps = Steps()
    shop.report_import(one, steps=steps)
    whole = shop.taker.totals
    assert [step.rpartition("/")[2] for step in steps.done] == ["batch.json", "sent-0000", "send", "done"]
    for last, step in enumerate(steps.done):
        shop.taker.requests = []
        shop.s3.delete_object(Bucket="reports", Key=NAME)
        shop.plan["folder"] = f"groups/films/attribution/killed-{last}/"
        with pytest.raises(Killed):
            shop.report_import(one, steps=Steps(last=last))
        shop.report_import(one, NOW + 900)
        assert shop.reports() == {NAME: REPORT}
        assert shop.taker.totals == ({} if "sent-" in step else whole), step


def test_metric_can_add_up_the_timestamp(shop: Shop, one: dict[str, Any]) -> None:
    shop.plan["metrics"] = [
        {"metricName": "times", "eventType": "buy", "expression": "SUM(Interactions.TIMESTAMP)"}
    ]
    shop.report_import(one)
    assert shop.taker.totals == {("times", "SOURCE_NAME_UNDEFINED", QUARTER): 3.0 * (QUARTER + 1)}
