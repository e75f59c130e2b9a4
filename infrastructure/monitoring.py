"""The dashboard and the alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infrastructure.api import Api
from infrastructure.data.event_stream import EventStream
from infrastructure.functions.service_function import ServiceFunction
from infrastructure.stage import Stage
from tastemaker.contracts.workflow_names import WORKFLOWS

FIVE_MINUTES = cdk.Duration.minutes(5)


class Monitoring(Construct):
    """Alarms for failures of the API, models, functions and workflows, and for late or skipped events."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        api: Api,
        functions: Mapping[str, ServiceFunction],
        events: EventStream,
        machines: Mapping[str, sfn.StateMachine],
    ) -> None:
        super().__init__(scope, id)
        self._topic = self._mail(stage.alarm_email) if stage.alarm_email else None
        alarms = [
            self._alarm(
                "ApiErrors", "the API answers with 5xx", api.api.metric_server_error(period=FIVE_MINUTES)
            ),
            self._alarm(
                "ModelFailures",
                "a model fails, and responses come from precomputed lists",
                cloudwatch.Metric(
                    namespace=stage.stack_name,
                    metric_name="StoredAnswers",
                    dimensions_map={"service": "runtime", "reason": "failure"},
                    statistic="Sum",
                    period=FIVE_MINUTES,
                ),
            ),
            self._alarm(
                "EventLag",
                "events wait longer than five minutes for the stream function",
                functions["stream"].function.metric(
                    "IteratorAge", statistic="Maximum", period=FIVE_MINUTES, unit=cloudwatch.Unit.MILLISECONDS
                ),
                above=FIVE_MINUTES.to_milliseconds(),
            ),
            self._alarm(
                "DeadLetters",
                "the dead-letter queue has events that the stream function skipped",
                events.dead_letters.metric_approximate_number_of_messages_visible(period=FIVE_MINUTES),
            ),
        ]
        errors = {}
        for one in functions.values():
            errors[one.node.id] = one.function.metric_errors(period=FIVE_MINUTES, label=one.node.id)
            alarms.append(
                self._alarm(
                    f"{one.node.id}Errors", f"the {one.node.id.lower()} function fails", errors[one.node.id]
                )
            )
        failures = {}
        for name, machine in machines.items():
            failures[name] = machine.metric_failed(period=FIVE_MINUTES, label=name)
            alarms.append(
                self._alarm(
                    f"{WORKFLOWS[name].title}Failures", f"an execution of {name} failed", failures[name]
                )
            )
        self._dashboard(stage, api, functions, events, list(errors.values()), list(failures.values()), alarms)

    def _mail(self, address: str) -> sns.Topic:
        topic = sns.Topic(self, "Topic", display_name="Tastemaker alarms", enforce_ssl=True)
        topic.add_subscription(subscriptions.EmailSubscription(address))
        return topic

    def _alarm(
        self, id: str, description: str, metric: cloudwatch.IMetric, *, above: float = 0
    ) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            id,
            metric=metric,
            threshold=above,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"{cdk.Stack.of(self).stack_name}: {description}",
        )
        if self._topic:
            alarm.add_alarm_action(actions.SnsAction(self._topic))
        return alarm

    def _dashboard(
        self,
        stage: Stage,
        api: Api,
        functions: Mapping[str, ServiceFunction],
        events: EventStream,
        errors: list[cloudwatch.IMetric],
        failures: list[cloudwatch.IMetric],
        alarms: Sequence[cloudwatch.IAlarm],
    ) -> None:
        board = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=stage.stack_name)
        board.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=24))
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
            _graph(
                "Received events",
                events.stream.metric_incoming_records(statistic="Sum"),
            ),
            _graph(
                "Age of the oldest event in the stream",
                functions["stream"].function.metric("IteratorAge", statistic="Maximum"),
            ),
        )
        board.add_widgets(
            _graph("Failed workflows", *failures),
            _graph("Skipped events", events.dead_letters.metric_approximate_number_of_messages_visible()),
            _graph(
                "Concurrent executions of runtime",
                functions["runtime"].function.metric("ConcurrentExecutions", statistic="Maximum"),
            ),
        )


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)
