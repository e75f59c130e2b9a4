"""The dashboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infrastructure.api import Api
from infrastructure.data.event_transport import EventTransport
from infrastructure.functions.service_function import ServiceFunction
from infrastructure.resource_graphs import resource_graphs
from infrastructure.stage import Stage
from infrastructure.workflows.registry import Workflows

FIVE_MINUTES = cdk.Duration.minutes(5)


def add_dashboard(
    scope: Construct,
    stage: Stage,
    api: Api,
    functions: Mapping[str, ServiceFunction],
    events: EventTransport,
    workflows: Workflows,
    alarms: Sequence[cloudwatch.Alarm],
) -> None:
    """Add the dashboard of a stage: requests, functions, events, workflows and resources."""
    errors: list[cloudwatch.IMetric] = [
        one.function.metric_errors(period=FIVE_MINUTES, label=one.node.id) for one in functions.values()
    ]
    failures: list[cloudwatch.IMetric] = [
        machine.metric_failed(period=FIVE_MINUTES, label=name) for name, machine in workflows.all.items()
    ]
    board = cloudwatch.Dashboard(scope, "Dashboard", dashboard_name=stage.stack_name)
    if alarms:
        board.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=24))
    front = [functions[name] for name in ("control", "runtime", "events")]
    board.add_widgets(
        _graph(
            "Requests",
            api.api.metric_count(statistic="Sum"),
            api.api.metric_client_error(statistic="Sum"),
            api.api.metric_server_error(statistic="Sum"),
        ),
        _graph(
            "Response time, p50",
            *[f.function.metric_duration(statistic="p50", label=f.node.id) for f in front],
        ),
        _graph(
            "Response time, p99",
            *[f.function.metric_duration(statistic="p99", label=f.node.id) for f in front],
        ),
    )
    board.add_widgets(
        _graph("Function errors", *errors),
        *_event_graphs(functions, events),
    )
    unconverted = delivery_metric(events, "FailedConversion.Records", "Sum")
    busy = functions["runtime"].function.metric("ConcurrentExecutions", statistic="Maximum")
    board.add_widgets(
        _graph("Failed workflows", *failures),
        _graph("Events that are not written as Parquet", unconverted),
        _graph("Concurrent executions of runtime", busy),
    )
    for row in resource_graphs(stage):
        board.add_widgets(*row)


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)


def _event_graphs(
    functions: Mapping[str, ServiceFunction], events: EventTransport
) -> list[cloudwatch.GraphWidget]:
    """How many events arrive, and how long the oldest waits for the stream function or for the lake."""
    if events.stream is None:
        return [
            _graph("Received events", delivery_metric(events, "IncomingRecords", "Sum")),
            _graph(
                "Age of the oldest event that is not in the lake",
                delivery_metric(events, "DeliveryToS3.DataFreshness", "Maximum"),
            ),
        ]
    return [
        _graph("Received events", events.stream.metric_incoming_records(statistic="Sum")),
        _graph(
            "Age of the oldest event in the stream",
            functions["stream"].function.metric("IteratorAge", statistic="Maximum"),
        ),
    ]


def delivery_metric(events: EventTransport, name: str, statistic: str) -> cloudwatch.Metric:
    """A metric of the delivery stream."""
    return cloudwatch.Metric(
        namespace="AWS/Firehose",
        metric_name=name,
        dimensions_map={"DeliveryStreamName": events.delivery.ref},
        statistic=statistic,
        period=FIVE_MINUTES,
    )
