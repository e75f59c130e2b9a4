"""What watches a deployment: accepted, and without effect here."""

from __future__ import annotations

from local.provision.registry import Deployment, ignored_type
from local.template import Physical, Resource


def _alarm(resource: Resource, deployment: Deployment) -> Physical:
    name = deployment.name(resource, resource.properties.get("AlarmName"), longest=255)
    return Physical(name, {"Arn": deployment.account.arn("cloudwatch", f"alarm:{name}")})


def _named(resource: Resource, deployment: Deployment) -> Physical:
    return Physical(deployment.name(resource))


_REASON = "AWS's services emit the metrics that it shows or watches; nothing does so locally"
ignored_type("AWS::CloudWatch::Alarm", _REASON, _alarm)
ignored_type("AWS::CloudWatch::CompositeAlarm", _REASON, _alarm)
ignored_type("AWS::CloudWatch::Dashboard", _REASON, _named)
ignored_type("AWS::CDK::Metadata", "tells AWS which constructs a template was made of", _named)
