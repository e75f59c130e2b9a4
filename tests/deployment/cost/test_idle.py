"""The idle part follows from the template: each resource that bills by time has a line."""

from typing import Any

import pytest

from deployment.cost import idle, prices
from tests.deployment.cost.conftest import small_template


def usd(**resources: dict[str, Any]) -> dict[str, float]:
    return {line.item: round(line.usd, 4) for line in idle.lines(small_template(**resources), prices.load())}


def of(resource_type: str, **properties: Any) -> dict[str, Any]:
    return {"Type": resource_type, "Properties": properties}


def test_functions_and_state_machines_cost_nothing_while_idle() -> None:
    assert usd() == {}


def test_stream_on_demand_bills_each_hour_of_the_month(stream: dict[str, Any]) -> None:
    assert usd(stream=stream) == {"Kinesis stream, on demand": 29.2}


def test_provisioned_stream_bills_its_shards_and_longer_retention() -> None:
    mode = {"StreamModeDetails": {"StreamMode": "PROVISIONED"}, "ShardCount": 2}
    assert usd(s=of("AWS::Kinesis::Stream", **mode)) == {"Kinesis stream, provisioned": 21.9}
    longer = usd(s=of("AWS::Kinesis::Stream", RetentionPeriodHours=48, **mode))
    assert longer == {"Kinesis stream, provisioned": 21.9, "Kinesis retention beyond a day": 29.2}


def test_alarm_bills_every_metric_that_it_reads() -> None:
    two = [{"Id": name, "MetricStat": {"Period": 300}} for name in ("a", "b")]
    found = usd(
        one=of("AWS::CloudWatch::Alarm", Period=300),
        math=of("AWS::CloudWatch::Alarm", Metrics=[*two, {"Id": "sum", "Expression": "a+b"}]),
        fast=of("AWS::CloudWatch::Alarm", Period=10),
        all=of("AWS::CloudWatch::CompositeAlarm", AlarmRule="ALARM(one)"),
        board=of("AWS::CloudWatch::Dashboard"),
        key=of("AWS::KMS::Key"),
    )
    assert found == {
        "alarm metrics": 0.3,
        "alarm metrics, fast": 0.3,
        "composite alarms": 0.5,
        "dashboards": 3.0,
        "KMS keys": 1.0,
    }


def test_collection_bills_its_least_capacity_in_each_zone() -> None:
    kind = "AWS::OpenSearchServerless::Collection"
    item = "OpenSearch Serverless, least capacity"
    assert usd(c=of(kind, StandbyReplicas="DISABLED")) == {item: 175.2}
    assert usd(c=of(kind, StandbyReplicas="ENABLED")) == {item: 350.4}


def test_provisioned_concurrency_bills_memory_all_month() -> None:
    alias = of(
        "AWS::Lambda::Alias",
        FunctionName={"Ref": "runtimeFunction"},
        ProvisionedConcurrencyConfig={"ProvisionedConcurrentExecutions": 2},
    )
    plain = of("AWS::Lambda::Alias", FunctionName={"Ref": "runtimeFunction"})
    found = usd(alias=alias, plain=plain)
    assert found == {"provisioned concurrency": pytest.approx(2 * 730 * 3600 * 0.0000033334, rel=1e-4)}


def test_schedules_are_counted_by_their_rate() -> None:
    template = small_template(
        often=of("AWS::Scheduler::Schedule", ScheduleExpression="rate(15 minutes)"),
        daily=of("AWS::Events::Rule", ScheduleExpression="rate(1 day)"),
        pattern=of("AWS::Events::Rule", EventPattern={}),
    )
    assert idle.scheduled_invocations(template) == pytest.approx(730 * 4 + 730 / 24)


def test_resource_type_without_a_rule_is_named() -> None:
    template = small_template(nat=of("AWS::EC2::NatGateway"), custom=of("Custom::S3AutoDeleteObjects"))
    assert idle.unpriced(template) == ["AWS::EC2::NatGateway"]
