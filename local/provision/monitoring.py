"""Alarms, and what watches a deployment otherwise: accepted, and without effect here."""

from __future__ import annotations

from local.iam.resource_policies import ResourcePolicies
from local.provision.registry import NO_TAGS, Deployment, ProvisionError, adapter, ignored_type
from local.scheduling.alarms import CLOUDWATCH, alarms_of
from local.template import Physical, Resource
from local.terminal import Terminal

_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
_SETTINGS = (
    "AlarmDescription ActionsEnabled MetricName Namespace Statistic ExtendedStatistic Dimensions Period Unit "
    "EvaluationPeriods DatapointsToAlarm Threshold ComparisonOperator TreatMissingData Metrics "
    "ThresholdMetricId EvaluateLowSampleCountPercentile"
)


@adapter("AWS::CloudWatch::Alarm", handled=f"AlarmName {_SETTINGS} {' '.join(_ACTIONS)}", ignored=NO_TAGS)
def alarm(resource: Resource, deployment: Deployment) -> Physical:
    """Create an alarm. Only SetAlarmState changes its state, because nothing emits AWS's metrics here."""
    properties = resource.properties
    name = deployment.name(resource, properties.get("AlarmName"), longest=255)
    given = {key: value for key, value in properties.items() if key in {*_SETTINGS.split(), *_ACTIONS}}
    deployment.client("cloudwatch").put_metric_alarm(AlarmName=name, **given)
    return _alarm_with_topics(name, resource, deployment)


@adapter(
    "AWS::CloudWatch::CompositeAlarm",
    handled=f"AlarmName AlarmRule AlarmDescription ActionsEnabled {' '.join(_ACTIONS)}",
    ignored=NO_TAGS,
)
def composite_alarm(resource: Resource, deployment: Deployment) -> Physical:
    """Create a composite alarm, whose state follows from those of other alarms. Its rule is checked."""
    properties = resource.properties
    name = deployment.name(resource, properties.get("AlarmName"), longest=255)
    try:
        alarms_of(properties["AlarmRule"])
    except ValueError as error:
        raise ProvisionError(f"{resource.id}: {error}") from error
    given = {key: value for key, value in properties.items() if key != "Tags"}
    deployment.client("cloudwatch").put_composite_alarm(**{**given, "AlarmName": name})
    return _alarm_with_topics(name, resource, deployment)


def _alarm_with_topics(name: str, resource: Resource, deployment: Deployment) -> Physical:
    arn = deployment.account.arn("cloudwatch", f"alarm:{name}")
    deployment.alarm_topics += [
        (arn, action) for key in _ACTIONS for action in resource.properties.get(key, []) if ":sns:" in action
    ]
    return Physical(name, {"Arn": arn})


def require_permissions(deployment: Deployment) -> None:
    """Check that every topic of an alarm lets CloudWatch publish; on AWS the messages would be lost.

    Raises ProvisionError if a topic does not.
    """
    policies = ResourcePolicies(deployment.account, Terminal(quiet=True))
    for alarm_arn, topic in deployment.alarm_topics:
        if not policies.allows_service(CLOUDWATCH, "sns:Publish", topic, source_arn=alarm_arn):
            raise ProvisionError(
                f"The policy of the topic {topic} does not let {CLOUDWATCH} publish, so the alarm "
                f"{alarm_arn} would notify nobody. Allow sns:Publish for that service in the topic's policy."
            )


def _named(resource: Resource, deployment: Deployment) -> Physical:
    return Physical(deployment.name(resource))


_REASON = "AWS's services emit the metrics that it shows or watches; nothing does so locally"
ignored_type("AWS::CloudWatch::Dashboard", _REASON, _named)
ignored_type("AWS::CDK::Metadata", "tells AWS which constructs a template was made of", _named)
