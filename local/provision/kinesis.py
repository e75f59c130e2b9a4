"""Kinesis streams."""

from __future__ import annotations

from local.provision.registry import NO_TAGS, Deployment, adapter
from local.template import Physical, Resource


@adapter(
    "AWS::Kinesis::Stream",
    handled="Name ShardCount StreamModeDetails RetentionPeriodHours",
    ignored=NO_TAGS | {"StreamEncryption": "moto keeps records in memory"},
)
def stream(resource: Resource, deployment: Deployment) -> Physical:
    """Create a stream."""
    properties, kinesis = resource.properties, deployment.client("kinesis")
    name = deployment.name(resource, properties.get("Name"), longest=128)
    mode = properties.get("StreamModeDetails", {"StreamMode": "PROVISIONED"})
    shards = {"ShardCount": properties.get("ShardCount", 1)} if mode["StreamMode"] == "PROVISIONED" else {}
    kinesis.create_stream(StreamName=name, StreamModeDetails=mode, **shards)
    if (hours := properties.get("RetentionPeriodHours", 24)) > 24:
        kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=hours)
    return Physical(name, {"Arn": deployment.account.arn("kinesis", f"stream/{name}")})
