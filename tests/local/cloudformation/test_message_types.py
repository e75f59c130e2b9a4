"""Subscriptions and policies of topics and queues in stacks."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from tests.local.cloudformation.conftest import changed, request


def test_topic_with_a_subscription_and_a_policy_reaches_a_queue_with_a_policy(local, types) -> None:
    sns, sqs = local.client("sns"), local.client("sqs")
    topic = types.create(request("AWS::SNS::Topic")).ref
    queue = types.create(request("AWS::SQS::Queue")).ref
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]

    def policy(action: str, resource: str, service: str) -> dict[str, Any]:
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": action,
            "Resource": resource,
        }
        return {"Version": "2012-10-17", "Statement": [allowed]}

    document = policy("sqs:SendMessage", queue_arn, "sns.amazonaws.com")
    rule = request("AWS::SQS::QueuePolicy", Queues=[queue], PolicyDocument=document)
    ruled = types.create(rule)
    document = policy("sns:Publish", topic, "events.amazonaws.com")
    types.create(request("AWS::SNS::TopicPolicy", Topics=[topic], PolicyDocument=document))
    assert "events.amazonaws.com" in sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    wanted = request("AWS::SNS::Subscription", TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    subscription = types.create(wanted)
    sns.publish(TopicArn=topic, Message="trained")
    [message] = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    assert json.loads(message["Body"])["Message"] == "trained"
    update = changed(wanted, subscription.ref, FilterPolicy={"kind": ["failure"]})
    again = types.update(update)
    attributes = sns.get_subscription_attributes(SubscriptionArn=again.ref)["Attributes"]
    assert json.loads(attributes["FilterPolicy"]) == {"kind": ["failure"]}
    types.delete(replace(update, physical_id=again.ref))
    types.delete(replace(rule, physical_id=ruled.ref))
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    assert "Policy" not in sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
