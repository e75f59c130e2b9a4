"""Metrics as they are written."""

import pytest

from tastemaker.attribution import Metric
from tastemaker.attribution.metrics import SAMPLECOUNT, SUM
from tastemaker.errors import InvalidInput


def metric(expression: str, name: str = "m") -> Metric:
    return Metric.parse({"metricName": name, "eventType": "watch", "expression": expression})


def test_parse_reads_valid_expressions() -> None:
    assert metric("SAMPLECOUNT()") == Metric("m", "watch", SAMPLECOUNT)
    assert metric("SUM(Items.PRICE)") == Metric("m", "watch", SUM, "ITEMS", "PRICE")
    assert metric("sum(interactions.EVENT_VALUE)") == Metric("m", "watch", SUM, "INTERACTIONS", "EVENT_VALUE")


@pytest.mark.parametrize("expression", ["COUNT()", "SAMPLECOUNT", "SUM()", "SUM(Users.AGE)", "SUM(Items.A)*"])
def test_invalid_expression_is_refused(expression: str) -> None:
    with pytest.raises(InvalidInput, match="SAMPLECOUNT"):
        metric(expression)


@pytest.mark.parametrize("name", ["", " clicks", "clicks ", "Käufe", "a\nb"])
def test_name_that_cloudwatch_refuses_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="metricName"):
        metric("SAMPLECOUNT()", name)


def test_name_that_cloudwatch_accepts_is_accepted() -> None:
    assert [metric("SAMPLECOUNT()", name).name for name in ("c", "Clicks, all")] == ["c", "Clicks, all"]
