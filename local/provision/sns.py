"""Topics, their subscriptions and their policies."""

from __future__ import annotations

import json

from local.provision.registry import NO_TAGS, Deployment, adapter
from local.template import Physical, Resource


@adapter(
    "AWS::SNS::Topic",
    handled="TopicName DisplayName",
    ignored=NO_TAGS | {"KmsMasterKeyId": "moto keeps messages in memory"},
)
def topic(resource: Resource, deployment: Deployment) -> Physical:
    """Create a topic. Like on AWS, its first policy lets services of the account publish."""
    properties = resource.properties
    name = deployment.name(resource, properties.get("TopicName"), longest=256)
    attributes = {"DisplayName": properties["DisplayName"]} if "DisplayName" in properties else {}
    arn = deployment.client("sns").create_topic(Name=name, Attributes=attributes)["TopicArn"]
    return Physical(arn, {"TopicArn": arn, "TopicName": name})


@adapter(
    "AWS::SNS::Subscription",
    handled="TopicArn Protocol Endpoint RawMessageDelivery FilterPolicy FilterPolicyScope",
    ignored={"Region": "all topics are in the region of the stack"},
)
def subscription(resource: Resource, deployment: Deployment) -> Physical:
    """Create a subscription. moto sends no mail."""
    properties = resource.properties
    attributes = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in properties.items()
        if name in ("RawMessageDelivery", "FilterPolicy", "FilterPolicyScope")
    }
    arn = deployment.client("sns").subscribe(
        TopicArn=properties["TopicArn"],
        Protocol=properties["Protocol"],
        Endpoint=properties["Endpoint"],
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    return Physical(arn)


@adapter("AWS::SNS::TopicPolicy", handled="Topics PolicyDocument", ignored={})
def topic_policy(resource: Resource, deployment: Deployment) -> Physical:
    """Replace the policy of the topics, including the one that lets services of the account publish."""
    document = json.dumps(resource.properties["PolicyDocument"])
    for arn in resource.properties["Topics"]:
        deployment.client("sns").set_topic_attributes(
            TopicArn=arn, AttributeName="Policy", AttributeValue=document
        )
    return Physical(resource.id, {"Id": resource.id})
