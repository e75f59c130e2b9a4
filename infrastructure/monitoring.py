"""The dashboard and the alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infrastructure.api import Api
from infrastructure.data.event_stream import EventStream
from infrastructure.functions.service_function import ServiceFunction
from infrastructure.stage import Stage
from infrastructure.workflows.registry import Workflows

FIVE_MINUTES = cdk.Duration.minutes(5)


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
        events: EventStream,
        workflows: Workflows,
    ) -> None:
        super().__init__(scope, id)
        self.topic_arn = ""
        """Where alarms go; empty in a stage without alarms."""
        alarms: list[cloudwatch.IAlarm] = []
        if stage.monitoring.alarms:
            self._topic = self._alarm_topic(stage)
            alarms = self._alarms(stage, api, functions, events, workflows)
        if stage.monitoring.dashboard:
            self._dashboard(stage, api, functions, events, workflows, alarms)

    def _alarms(
        self,
        stage: Stage,
        api: Api,
        functions: Mapping[str, ServiceFunction],
        events: EventStream,
        workflows: Workflows,
    ) -> list[cloudwatch.IAlarm]:
        return [
            self._alarm(
                "ApiErrors", "the API answers with 5xx", api.api.metric_server_error(period=FIVE_MINUTES)
            ),
            self._alarm(
                "ModelFailures",
                "a model fails, and responses come from precomputed lists",
                cloudwatch.Metric(
                    namespace=stage.metrics_namespace,
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
                "StreamErrors",
                "the stream function fails; it retries, and then leaves events to make replay",
                functions["stream"].function.metric_errors(period=FIVE_MINUTES),
            ),
            self._alarm(
                "WorkflowFailures",
                "an execution of a workflow failed or timed out",
                workflows.metric_failed(period=FIVE_MINUTES),
            ),
        ]

    def _alarm_topic(self, stage: Stage) -> sns.Topic:
        """The topic of the alarms. Its policy replaces the default one, so it names who may publish."""
        stack = cdk.Stack.of(self)
        topic = sns.Topic(self, "Topic", display_name=f"{stage.stack_name} alarms", enforce_ssl=True)
        alarms = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{stage.stack_name}-*",
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

    def _alarm(
        self, id: str, description: str, metric: cloudwatch.IMetric, *, above: float = 0
    ) -> cloudwatch.Alarm:
        stack_name = cdk.Stack.of(self).stack_name
        alarm = cloudwatch.Alarm(
            self,
            id,
            alarm_name=f"{stack_name}-{id}",
            metric=metric,
            threshold=above,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"{stack_name}: {description}",
        )
        alarm.add_alarm_action(actions.SnsAction(self._topic))
        return alarm

    def _dashboard(
        self,
        stage: Stage,
        api: Api,
        functions: Mapping[str, ServiceFunction],
        events: EventStream,
        workflows: Workflows,
        alarms: Sequence[cloudwatch.IAlarm],
    ) -> None:
        errors: list[cloudwatch.IMetric] = [
            one.function.metric_errors(period=FIVE_MINUTES, label=one.node.id) for one in functions.values()
        ]
        failures: list[cloudwatch.IMetric] = [
            machine.metric_failed(period=FIVE_MINUTES, label=name) for name, machine in workflows.all.items()
        ]
        board = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=stage.stack_name)
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
            _graph("Failures of the stream function", functions["stream"].function.metric_errors()),
            _graph(
                "Concurrent executions of runtime",
                functions["runtime"].function.metric("ConcurrentExecutions", statistic="Maximum"),
            ),
        )


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)
