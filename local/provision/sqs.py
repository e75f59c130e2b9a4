"""Queues and their policies."""

from __future__ import annotations

import json

from local.provision.registry import NO_TAGS, Deployment, adapter
from local.template import Physical, Resource

_NUMBERS = ("DelaySeconds", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds", "VisibilityTimeout")


@adapter(
    "AWS::SQS::Queue",
    handled="QueueName " + " ".join(_NUMBERS),
    ignored=NO_TAGS
    | {
        "SqsManagedSseEnabled": "moto keeps messages in memory",
        "KmsMasterKeyId": "moto keeps messages in memory",
    },
)
def queue(resource: Resource, deployment: Deployment) -> Physical:
    """Create a queue."""
    properties = resource.properties
    name = deployment.name(resource, properties.get("QueueName"), longest=80)
    attributes = {key: str(properties[key]) for key in _NUMBERS if key in properties}
    url = deployment.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = deployment.account.arn("sqs", name)
    return Physical(url, {"Arn": arn, "QueueName": name, "QueueUrl": url})


@adapter("AWS::SQS::QueuePolicy", handled="Queues PolicyDocument", ignored={})
def queue_policy(resource: Resource, deployment: Deployment) -> Physical:
    """Set the policy of the queues."""
    properties = resource.properties
    for url in properties["Queues"]:
        deployment.client("sqs").set_queue_attributes(
            QueueUrl=url, Attributes={"Policy": json.dumps(properties["PolicyDocument"])}
        )
    return Physical(resource.id)
