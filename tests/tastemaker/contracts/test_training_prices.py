import pytest

from tastemaker.contracts.training_prices import training_cost, training_prices


def test_billed_seconds_count_for_each_instance() -> None:
    hour = training_prices()["ml.m5.xlarge"]["usd"]
    assert training_cost("ml.m5.xlarge", 2, 1800) == pytest.approx(hour)


def test_unknown_instance_has_no_cost() -> None:
    assert training_cost("ml.unknown.large", 1, 60) is None
