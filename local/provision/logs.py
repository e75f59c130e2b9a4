"""Log groups and streams."""

from __future__ import annotations

from local.provision.registry import NO_TAGS, Deployment, adapter
from local.template import Physical, Resource


@adapter(
    "AWS::Logs::LogGroup",
    handled="LogGroupName RetentionInDays",
    ignored=NO_TAGS | {"KmsKeyId": "moto keeps logs in memory", "LogGroupClass": "moto has one class"},
)
def log_group(resource: Resource, deployment: Deployment) -> Physical:
    """Create a log group."""
    properties, logs = resource.properties, deployment.client("logs")
    name = deployment.name(resource, properties.get("LogGroupName"), longest=512)
    logs.create_log_group(logGroupName=name)
    if days := properties.get("RetentionInDays"):
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    return Physical(name, {"Arn": deployment.account.arn("logs", f"log-group:{name}:*")})


@adapter("AWS::Logs::LogStream", handled="LogGroupName LogStreamName", ignored={})
def log_stream(resource: Resource, deployment: Deployment) -> Physical:
    """Create a log stream."""
    properties = resource.properties
    name = deployment.name(resource, properties.get("LogStreamName"), longest=512)
    deployment.client("logs").create_log_stream(logGroupName=properties["LogGroupName"], logStreamName=name)
    return Physical(name)
