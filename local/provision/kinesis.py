"""Kinesis streams."""

from __future__ import annotations

from local.provision.registry import NO_TAGS, Deployment, adapter
from local.template import Physical, Resource


@adapter(
    "AWS::Kinesis::Stream",
    handled="Name ShardCount StreamModeDetails RetentionPeriodHours StreamEncryption",
    ignored=NO_TAGS,
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
    arn = deployment.account.arn("kinesis", f"stream/{name}")
    key = properties.get("StreamEncryption", {}).get("KeyId", "")
    if key.startswith("arn:"):  # and not AWS's own key, which callers need no permission for
        deployment.keys[arn] = key
    return Physical(name, {"Arn": arn})
