"""Usage follows from the load and from the measured units; every line can be computed by hand."""

from dataclasses import replace
from typing import Any

import pytest

from deployment.command import CommandError
from deployment.cost import prices
from deployment.cost.lines import Line
from deployment.cost.usage import SECONDS, Load, Usage, measured
from deployment.synthesis import Template
from infrastructure.stage import parse
from tests.deployment.cost.conftest import small_template

UNITS = measured().units


def lines(template: Template, **load: Any) -> dict[str, Line]:
    found = list(Usage(template, prices.load(), Load(**load)).lines())
    assert len({line.item for line in found}) == len(found)
    return {line.item: line for line in found}


def test_without_load_and_campaigns_nothing_is_billed() -> None:
    assert lines(small_template(), campaigns=0) == {}


def test_idle_campaign_bills_its_refreshes() -> None:
    found = lines(small_template(), campaigns=2)
    assert found["Step Functions, refreshes"].quantity == pytest.approx(2 * 12 * 730 / 24 * 3)
    assert "HTTP API" not in found and "X-Ray traces" not in found


def test_requests_bill_the_api_the_function_and_their_reads() -> None:
    found = lines(small_template(), requests=1_000_000, campaigns=0)
    assert found["HTTP API"].usd == pytest.approx(1.0)
    unit = UNITS["getRecommendations"]
    milliseconds = unit["cpuMs"] * 1769 / 1024 + 5 * unit["awsCalls"]
    assert found["Lambda, runtime function"].quantity == pytest.approx(1e6 * milliseconds / 1000)
    assert found["DynamoDB reads"].quantity == 1e6 * unit["readUnits"]
    assert "DynamoDB writes" not in found


def test_recipes_that_explore_bill_a_write_for_each_answer() -> None:
    found = lines(small_template(), requests=1_000_000, exploring=True)
    assert found["DynamoDB writes"].quantity == 1_000_000


def test_records_are_rounded_up_to_1_kb_by_kinesis_and_to_5_kb_by_firehose(stream: dict[str, Any]) -> None:
    found = lines(small_template(stream=stream), events=1024**2)
    assert UNITS["putEvents"]["recordBytes"] < 1024
    assert found["Kinesis, written"].quantity == pytest.approx(1.0)
    assert found["Firehose"].quantity == pytest.approx(5.0)
    assert found["Kinesis, read twice"].quantity == pytest.approx(
        2 * UNITS["putEvents"]["recordBytes"] / 1024
    )


def test_without_a_stream_the_events_function_bills_the_writes_of_profiles() -> None:
    found = lines(small_template(), events=1_000_000, campaigns=0)
    unit = UNITS["putEventsDirect"]
    assert unit["writeUnits"] == UNITS["streamCall"]["writeUnits"] == 1
    assert (
        unit["awsCalls"] == UNITS["putEvents"]["awsCalls"] + 1
    )  # Firehose and the table, in place of Kinesis
    assert found["DynamoDB writes"].quantity == 1_000_000
    assert not [item for item in found if "Kinesis" in item or "stream function" in item]
    milliseconds = unit["cpuMs"] * 1769 / 1024 + 5 * unit["awsCalls"]
    assert found["Lambda, events function"].quantity == pytest.approx(1e6 * milliseconds / 1000)


def test_metrics_that_campaigns_share_are_billed_once() -> None:
    shared = small_template(parse("dev", {"metrics": {"perResource": False}}))
    one, many = (lines(shared, requests=1, campaigns=count)["custom metrics"] for count in (1, 5))
    assert one.quantity == many.quantity == UNITS["getRecommendations"]["customMetrics"]


def test_provisioned_stream_bills_put_units() -> None:
    stream = {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}}
    assert lines(small_template(stream=stream), events=5_000)["Kinesis, written"].usd == pytest.approx(7e-5)


def test_few_events_have_a_call_each_and_many_share_one(stream: dict[str, Any]) -> None:
    def calls(events: int) -> float:
        by_name = {name: count for name, count, _ in usage(events)._calls()}
        return by_name["stream"]

    def usage(events: int) -> Usage:
        return Usage(small_template(stream=stream), prices.load(), Load(events=events))

    assert calls(1_000) == pytest.approx(1_000, rel=0.001)
    assert calls(10**9) == pytest.approx(4 * SECONDS, rel=0.001)


def test_without_a_stream_the_events_function_does_the_work_of_the_stream_function(
    stream: dict[str, Any],
) -> None:
    with_stream, direct = (lines(small_template(**more), events=10**6) for more in ({"s": stream}, {}))
    assert "Lambda, stream function" not in direct and "Kinesis, written" not in direct
    assert direct["Lambda, events function"].usd > with_stream["Lambda, events function"].usd
    assert direct["DynamoDB writes"] == with_stream["DynamoDB writes"]


def test_format_conversion_and_partitions_are_billed_if_the_delivery_has_them() -> None:
    settings = {
        "DataFormatConversionConfiguration": {"Enabled": True},
        "DynamicPartitioningConfiguration": {"Enabled": True},
    }
    delivery = {
        "Type": "AWS::KinesisFirehose::DeliveryStream",
        "Properties": {"ExtendedS3DestinationConfiguration": settings},
    }
    found = lines(small_template(delivery=delivery), events=10**9)
    assert {"Firehose, to Parquet", "Firehose, partitions", "Firehose, objects"} <= set(found)
    assert found["Firehose, objects"].quantity == pytest.approx(SECONDS / 300)
    assert "Firehose, to Parquet" not in lines(small_template(), events=10**9)


def test_traced_functions_bill_the_first_call_of_each_second_and_a_twentieth_of_the_others() -> None:
    template = small_template()
    template.body["Resources"]["runtimeFunction"]["Properties"]["TracingConfig"] = {"Mode": "Active"}
    assert lines(template, requests=100, campaigns=0)["X-Ray traces"].quantity == pytest.approx(100, abs=0.1)
    many = lines(template, requests=10**9, campaigns=0)["X-Ray traces"].quantity
    assert many == pytest.approx(SECONDS + 0.05 * (10**9 - SECONDS))


def test_training_bills_instances_their_start_and_their_disks() -> None:
    settings = {"instanceType": "ml.m7i.2xlarge", "instanceCount": 2, "spot": False, "volumeGb": 100}
    template = small_template(parse("dev", {"training": settings}))
    found = lines(template, trainings=3, training_minutes=57)
    (machine,) = (line for item, line in found.items() if item.startswith("training on"))
    assert machine.quantity == pytest.approx(3 * 2 * 1.0)
    assert found["training disks"].quantity == pytest.approx(600)
    spot = small_template(parse("dev", {"training": {**settings, "spot": True}}))
    (cheaper,) = (
        line for item, line in lines(spot, trainings=3, training_minutes=57).items() if "spot" in item
    )
    assert cheaper.usd == pytest.approx(machine.usd * prices.load().of("sagemaker.spotShare").usd)


def test_instance_without_a_price_is_an_error_with_a_remedy() -> None:
    template = small_template(parse("dev", {"training": {"instanceType": "ml.p9.huge"}}))
    with pytest.raises(CommandError, match=r"ml\.p9\.huge") as caught:
        lines(template, trainings=1)
    assert "prices.json" in caught.value.remedy


def test_logs_and_custom_metrics_are_those_that_calls_write() -> None:
    usage = Usage(small_template(), prices.load(), Load(requests=10**6, campaigns=2))
    units = {
        **UNITS,
        "getRecommendations": {**UNITS["getRecommendations"], "logBytes": 650, "customMetrics": 7},
    }
    usage._units = replace(usage._units, units=units)
    found = {line.item: line for line in usage.lines()}
    calls = found["Lambda requests"].quantity
    assert found["function logs"].quantity == pytest.approx((350 * calls + 650 * 10**6) / 1024**3)
    assert found["custom metrics"].usd == pytest.approx(2 * 7 * 0.30)


def test_stored_data_bills_its_size() -> None:
    assert lines(small_template(), stored_gb=10, campaigns=0)["S3 storage"].usd == pytest.approx(0.23)


def test_logs_and_memory_follow_the_functions_size() -> None:
    small, large = small_template(), small_template()
    large.body["Resources"]["runtimeFunction"]["Properties"]["MemorySize"] = 1769
    one, other = (
        lines(one, requests=10**6, campaigns=0)["Lambda, runtime function"] for one in (small, large)
    )
    # Up to a core, more memory costs only for the time that the function waits.
    waiting = 5 * UNITS["getRecommendations"]["awsCalls"] * 1e3 / 1024
    assert other.quantity - one.quantity == pytest.approx(waiting * (1769 - 1024))
    assert replace(one).usd == one.usd
