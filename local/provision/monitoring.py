"""Alarms, and what watches a deployment otherwise: accepted, and without effect here."""

from __future__ import annotations

from local.iam.resource_policies import ResourcePolicies
from local.provision.registry import NO_TAGS, Deployment, ProvisionError, adapter, ignored_type
from local.scheduling.alarms import CLOUDWATCH
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
    arn = deployment.account.arn("cloudwatch", f"alarm:{name}")
    deployment.alarm_topics += [
        (arn, action) for key in _ACTIONS for action in properties.get(key, []) if ":sns:" in action
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


def _composite_alarm(resource: Resource, deployment: Deployment) -> Physical:
    name = deployment.name(resource, resource.properties.get("AlarmName"), longest=255)
    return Physical(name, {"Arn": deployment.account.arn("cloudwatch", f"alarm:{name}")})


def _named(resource: Resource, deployment: Deployment) -> Physical:
    return Physical(deployment.name(resource))


_REASON = "AWS's services emit the metrics that it shows or watches; nothing does so locally"
ignored_type("AWS::CloudWatch::CompositeAlarm", _REASON, _composite_alarm)
ignored_type("AWS::CloudWatch::Dashboard", _REASON, _named)
ignored_type("AWS::CDK::Metadata", "tells AWS which constructs a template was made of", _named)
