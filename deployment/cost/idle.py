"""What a template costs while nobody calls it: everything that bills by the hour or by the month."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from deployment.cost.lines import Line
from deployment.cost.prices import HOURS, SECONDS, PriceTable
from deployment.synthesis import Template

FREE_WHILE_IDLE = frozenset(
    {
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::Authorizer",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::ApiGatewayV2::Stage",
        "AWS::CDK::Metadata",
        "AWS::CloudFormation::Macro",
        "AWS::DynamoDB::Table",  # on demand; its storage is a line of the usage
        "AWS::EMRServerless::Application",  # without initial capacity
        "AWS::Events::EventBus",
        "AWS::Events::Rule",
        "AWS::Glue::Database",
        "AWS::Glue::Table",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::KMS::Alias",
        "AWS::KinesisFirehose::DeliveryStream",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Function",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Version",
        "AWS::Logs::LogGroup",
        "AWS::Logs::LogStream",
        "AWS::Logs::MetricFilter",
        "AWS::Logs::ResourcePolicy",
        "AWS::OpenSearchServerless::AccessPolicy",
        "AWS::OpenSearchServerless::SecurityPolicy",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
        "AWS::Scheduler::ScheduleGroup",
        "AWS::StepFunctions::StateMachine",
    }
)
PRICED = frozenset(
    {
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::KMS::Key",
        "AWS::Kinesis::Stream",
        "AWS::Lambda::Alias",
        "AWS::OpenSearchServerless::Collection",
        "AWS::Scheduler::Schedule",
    }
)
MINUTES = {"minute": 1, "hour": 60, "day": 1440}
DEFAULT_RETENTION_HOURS = 24


def unpriced(template: Template) -> list[str]:
    """The resource types of the template that this module does not know, so that none costs silently.

    Custom resources are Lambda functions that run only while a stack changes.
    """
    types = {resource["Type"] for resource in template.resources.values()}
    known = FREE_WHILE_IDLE | PRICED
    return sorted(
        one
        for one in types
        if one not in known and not one.startswith(("Custom::", "AWS::CloudFormation::CustomResource"))
    )


def lines(template: Template, prices: PriceTable) -> Iterator[Line]:
    """The idle lines of a template."""
    yield from _streams(template, prices)
    yield from _alarms(template, prices)
    dashboards = len(template.of_type("AWS::CloudWatch::Dashboard"))
    if dashboards:
        yield Line("dashboards", dashboards, prices.of("cloudwatch.dashboard"), "template")
    keys = len(template.of_type("AWS::KMS::Key"))
    if keys:
        yield Line("KMS keys", keys, prices.of("kms.key"), "template")
    yield from _provisioned(template, prices)
    yield from _collections(template, prices)
    invocations = scheduled_invocations(template)
    if invocations:
        yield Line("invocations by schedules", invocations, prices.of("scheduler.invocation"), "template")


def _streams(template: Template, prices: PriceTable) -> Iterator[Line]:
    for properties in template.of_type("AWS::Kinesis::Stream").values():
        longer = properties.get("RetentionPeriodHours", DEFAULT_RETENTION_HOURS) > DEFAULT_RETENTION_HOURS
        if is_on_demand(properties):
            yield Line(
                "Kinesis stream, on demand", HOURS, prices.of("kinesis.onDemandStreamHour"), "template"
            )
            continue
        hours = HOURS * properties.get("ShardCount", 1)
        yield Line("Kinesis stream, provisioned", hours, prices.of("kinesis.shardHour"), "template")
        if longer:
            price = prices.of("kinesis.extendedShardHour")
            yield Line("Kinesis retention beyond a day", hours, price, "template")


def is_on_demand(stream: dict[str, Any]) -> bool:
    """Whether a Kinesis stream bills by the stream-hour and not by the shard-hour."""
    return bool(stream.get("StreamModeDetails", {}).get("StreamMode") == "ON_DEMAND")


def _alarms(template: Template, prices: PriceTable) -> Iterator[Line]:
    """An alarm bills each metric that it reads; a period below a minute is of high resolution."""
    standard = fast = 0
    for alarm in template.of_type("AWS::CloudWatch::Alarm").values():
        queries = [query["MetricStat"] for query in alarm.get("Metrics", ()) if "MetricStat" in query]
        count = len(queries) or 1
        periods = [query.get("Period", 60) for query in queries] or [alarm.get("Period", 60)]
        if min(periods) < 60:
            fast += count
        else:
            standard += count
    if standard:
        yield Line("alarm metrics", standard, prices.of("cloudwatch.alarmMetric"), "template")
    if fast:
        yield Line("alarm metrics, fast", fast, prices.of("cloudwatch.fastAlarmMetric"), "template")
    composite = len(template.of_type("AWS::CloudWatch::CompositeAlarm"))
    if composite:
        yield Line("composite alarms", composite, prices.of("cloudwatch.compositeAlarm"), "template")


def _provisioned(template: Template, prices: PriceTable) -> Iterator[Line]:
    functions = template.of_type("AWS::Lambda::Function")
    for alias in template.of_type("AWS::Lambda::Alias").values():
        count = alias.get("ProvisionedConcurrencyConfig", {}).get("ProvisionedConcurrentExecutions", 0)
        if not count:
            continue
        memory = functions[alias["FunctionName"]["Ref"]]["MemorySize"]
        yield Line(
            "provisioned concurrency",
            count * memory / 1024 * SECONDS,
            prices.of("lambda.armProvisionedGbSecond"),
            f"template: {count} environments of {memory:,} MB",
        )


def _collections(template: Template, prices: PriceTable) -> Iterator[Line]:
    """The least capacity that a collection bills: half a unit each for indexing and search, in each zone."""
    for properties in template.of_type("AWS::OpenSearchServerless::Collection").values():
        zones = 1 if properties.get("StandbyReplicas") == "DISABLED" else 2
        yield Line(
            "OpenSearch Serverless, least capacity",
            HOURS * zones,
            prices.of("aoss.ocuHour"),
            f"template: {zones} capacity unit{'s' if zones > 1 else ''}",
        )


def scheduled_invocations(template: Template) -> float:
    """How often the template's own schedules start something in a month."""
    total = 0.0
    expressions = [
        properties.get("ScheduleExpression")
        for resource_type in ("AWS::Scheduler::Schedule", "AWS::Events::Rule")
        for properties in template.of_type(resource_type).values()
    ]
    for expression in expressions:
        found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", str(expression or ""))
        if found:
            total += HOURS * 60 / (int(found[1]) * MINUTES[found[2]])
    return total
