"""The alarms and their topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infrastructure.api import Api
from infrastructure.dashboard import FIVE_MINUTES, add_dashboard, delivery_metric
from infrastructure.data.event_transport import EventTransport
from infrastructure.encryption import stage_key
from infrastructure.functions.service_function import ServiceFunction
from infrastructure.settings.monitoring import ALL, NONE
from infrastructure.stage import Stage
from infrastructure.workflows.registry import Workflows
from tastemaker.contracts.metrics import PRECOMPUTED_ANSWERS, SERVICE_DIMENSION, TRAINING_DELAY

FIFTEEN_MINUTES = cdk.Duration.minutes(15)

PAGES = {
    "CustomersSeeErrors": (
        "requests fail or are slow, for a quarter of an hour",
        ("ManyErrors", "SlowAnswers"),
    ),
    "DataDoesNotArrive": (
        "events reach the profiles or the lake late, or not at all",
        ("EventLag", "DeliveryDelay", "DeliveryFailures"),
    ),
    "ModelsGetOld": ("models are not renewed", ("LateTraining", "ScheduleFailures")),
}
"""What a person is called for at night: composite alarm → its description, and the alarms that set it off."""


class Monitoring(Construct):
    """Few alarms and a dashboard, each if the stage has it.

    CloudWatch bills every metric of an alarm, so there is none for each function and each machine: a function
    of the API that fails answers with 5xx, one of a workflow fails its execution, and the stream function
    leaves events behind.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        api: Api,
        functions: Mapping[str, ServiceFunction],
        events: EventTransport,
        workflows: Workflows,
        schedule_group: str,
    ) -> None:
        super().__init__(scope, id)
        self.topic_arn = ""
        """Where alarms go; empty in a stage without alarms."""
        self.paging_topic_arn = ""
        """Where the alarms of `PAGES` go; empty in a stage without them."""
        alarms: list[cloudwatch.Alarm] = []
        if stage.monitoring.alarms != NONE:
            self._topic = self._alarm_topic(stage)
            alarms = self._essential_alarms(stage, api, events, workflows, schedule_group)
        if stage.monitoring.alarms == ALL:
            alarms += [
                *self._stream_alarms(functions, events),
                *self._delivery_alarms(stage, events),
                *self._load_alarms(stage, api, functions, events),
                *self._training_alarms(stage),
            ]
            self._pages(stage, alarms)
        if stage.monitoring.dashboard:
            add_dashboard(self, stage, api, functions, events, workflows, alarms)

    def _essential_alarms(
        self, stage: Stage, api: Api, events: EventTransport, workflows: Workflows, schedule_group: str
    ) -> list[cloudwatch.Alarm]:
        """Alarms for requests, models, workflows, deliveries and schedules that fail."""
        group = scheduler.ScheduleGroup.from_schedule_group_name(self, "ScheduleGroup", schedule_group)
        return [
            self._alarm(
                "ApiErrors", "the API answers with 5xx", api.api.metric_server_error(period=FIVE_MINUTES)
            ),
            self._alarm(
                "ModelFailures",
                "a model fails, and responses come from precomputed lists",
                cloudwatch.Metric(
                    namespace=stage.metrics_namespace,
                    metric_name=PRECOMPUTED_ANSWERS,
                    dimensions_map={SERVICE_DIMENSION: "runtime", "reason": "failure"},
                    statistic="Sum",
                    period=FIVE_MINUTES,
                ),
            ),
            self._alarm(
                "WorkflowFailures",
                "an execution of a workflow failed or timed out",
                workflows.metric_failed(period=FIVE_MINUTES),
            ),
            self._alarm(
                "DeliveryFailures",
                "Firehose could not write events as Parquet; they are under the failed prefix of the lake",
                _failed_deliveries(events),
            ),
            self._alarm(
                "ScheduleFailures",
                "a schedule could not start its workflow or function",
                cloudwatch.MathExpression(
                    expression="FILL(failed, 0) + FILL(dropped, 0)",
                    using_metrics={
                        "failed": group.metric_target_errors(period=FIVE_MINUTES),
                        "dropped": group.metric_dropped(period=FIVE_MINUTES),
                    },
                    period=FIVE_MINUTES,
                    label="Failed schedules",
                ),
            ),
        ]

    def _stream_alarms(
        self, functions: Mapping[str, ServiceFunction], events: EventTransport
    ) -> list[cloudwatch.Alarm]:
        """Alarms for events that wait in the stream; none without a stream."""
        if events.stream is None:
            return []
        return [
            self._alarm(
                "EventLag",
                "events wait longer than five minutes for the stream function",
                functions["stream"].function.metric(
                    "IteratorAge", statistic="Maximum", period=FIVE_MINUTES, unit=cloudwatch.Unit.MILLISECONDS
                ),
                above=FIVE_MINUTES.to_milliseconds(),
            ),
            self._alarm(
                "StreamErrors",
                "the stream function fails; it retries, and then leaves events to make replay",
                functions["stream"].function.metric_errors(period=FIVE_MINUTES),
            ),
        ]

    def _delivery_alarms(self, stage: Stage, events: EventTransport) -> list[cloudwatch.Alarm]:
        """Alarms for events that Firehose brings to the lake late.

        AWS recommends an alarm at the longest buffering interval, 15 minutes ("Implement best practices with
        CloudWatch alarms" in the Firehose guide); the stage's own interval comes on top.
        """
        return [
            self._alarm(
                "DeliveryDelay",
                "events wait longer for their delivery to the lake than the buffer explains",
                delivery_metric(events, "DeliveryToS3.DataFreshness", "Maximum"),
                above=FIFTEEN_MINUTES.to_seconds() + stage.events.lake_buffer_seconds,
            ),
        ]

    def _load_alarms(
        self, stage: Stage, api: Api, functions: Mapping[str, ServiceFunction], events: EventTransport
    ) -> list[cloudwatch.Alarm]:
        """Alarms for many requests that fail or are slow, or that a limit of the account refuses."""
        throttled: dict[str, cloudwatch.IMetric] = {
            name: functions[name].function.metric_throttles(period=FIVE_MINUTES)
            for name in ("control", "runtime", "events")
        }
        if events.stream is None:
            throttled["delivery"] = delivery_metric(events, "ThrottledRecords", "Sum")
        else:
            throttled["stream"] = events.stream.metric_write_provisioned_throughput_exceeded(
                statistic="Sum", period=FIVE_MINUTES
            )
        return [
            self._alarm(
                "Throttling",
                "Lambda, Kinesis or Firehose refuses requests because a limit is reached",
                cloudwatch.MathExpression(
                    expression=" + ".join(f"FILL({name}, 0)" for name in throttled),
                    using_metrics=throttled,
                    period=FIVE_MINUTES,
                    label="Throttled requests",
                ),
            ),
            self._alarm(
                "ManyErrors",
                "one of a hundred requests gets a 5xx, for a quarter of an hour",
                cloudwatch.MathExpression(
                    expression="100 * failed / received",
                    using_metrics={
                        "failed": api.api.metric_server_error(statistic="Sum", period=FIVE_MINUTES),
                        "received": api.api.metric_count(statistic="Sum", period=FIVE_MINUTES),
                    },
                    period=FIVE_MINUTES,
                    label="Failed requests, percent",
                ),
                above=1,
                periods=3,
            ),
            self._alarm(
                "SlowAnswers",
                "one of a hundred answers takes too long, for a quarter of an hour",
                functions["runtime"].function.metric_duration(statistic="p99", period=FIVE_MINUTES),
                above=stage.monitoring.latency_milliseconds,
                periods=3,
            ),
        ]

    def _training_alarms(self, stage: Stage) -> list[cloudwatch.Alarm]:
        """Alarms for trainings that bring no new version."""
        return [
            self._alarm(
                "LateTraining",
                "the last successful training is older than two intervals of its schedule",
                cloudwatch.Metric(
                    namespace=stage.metrics_namespace,
                    metric_name=TRAINING_DELAY,
                    dimensions_map={SERVICE_DIMENSION: "control"},
                    statistic="Maximum",
                    period=cdk.Duration.hours(1),
                ),
                above=2,
            ),
        ]

    def _pages(self, stage: Stage, alarms: Sequence[cloudwatch.Alarm]) -> None:
        """The composite alarms of `PAGES`, with a topic of their own. A stage has some of their alarms."""
        by_name = {alarm.node.id: alarm for alarm in alarms}
        topic = self._topic_of_alarms("PagingTopic", f"{stage.stack_name} pages")
        self.paging_topic_arn = topic.topic_arn
        for name, (description, watched) in PAGES.items():
            alarm = cloudwatch.CompositeAlarm(
                self,
                name,
                composite_alarm_name=f"{stage.stack_name}-{name}",
                alarm_description=_description(stage.stack_name, name, description),
                alarm_rule=cloudwatch.AlarmRule.any_of(*(by_name[one] for one in watched if one in by_name)),
            )
            alarm.add_alarm_action(actions.SnsAction(topic))

    def _alarm_topic(self, stage: Stage) -> sns.Topic:
        topic = self._topic_of_alarms("Topic", f"{stage.stack_name} alarms")
        if stage.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(stage.alarm_email))
        elif stage.keeps_data:
            cdk.Annotations.of(self).add_warning_v2(
                "tastemaker:alarmEmail",
                f"Nobody gets the alarms of stage {stage.name}. Set alarmEmail in cdk.json, or subscribe to "
                "the topic in the output AlarmTopic.",
            )
        self.topic_arn = topic.topic_arn
        return topic

    def _topic_of_alarms(self, id: str, display_name: str) -> sns.Topic:
        """A topic of alarms. Its policy replaces the default one, so it names who may publish."""
        stack = cdk.Stack.of(self)
        topic = sns.Topic(self, id, display_name=display_name, enforce_ssl=True, master_key=stage_key(self))
        alarms = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{stack.stack_name}-*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsOfThisStack",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnLike": {"aws:SourceArn": alarms},
                },
            )
        )
        return topic

    def _alarm(
        self, id: str, description: str, metric: cloudwatch.IMetric, *, above: float = 0, periods: int = 1
    ) -> cloudwatch.Alarm:
        """An alarm with an entry of its name in the runbook."""
        stack_name = cdk.Stack.of(self).stack_name
        alarm = cloudwatch.Alarm(
            self,
            id,
            alarm_name=f"{stack_name}-{id}",
            metric=metric,
            threshold=above,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=_description(stack_name, id, description),
        )
        alarm.add_alarm_action(actions.SnsAction(self._topic))
        return alarm


def _failed_deliveries(events: EventTransport) -> cloudwatch.IMetric:
    """Events that Firehose could not convert, and those beyond the 500 partitions that it writes at a time.

    https://docs.aws.amazon.com/firehose/latest/dev/buffering.html
    """
    return cloudwatch.MathExpression(
        expression="FILL(unreadable, 0) + FILL(partitions, 0)",
        using_metrics={
            "unreadable": delivery_metric(events, "FailedConversion.Records", "Sum"),
            "partitions": delivery_metric(events, "PartitionCountExceeded", "Sum"),
        },
        period=FIVE_MINUTES,
        label="Failed deliveries",
    )


def _description(stack_name: str, alarm: str, text: str) -> str:
    return f"{stack_name}: {text}. See docs/runbook.md#{alarm.lower()}"
