"""Subscriptions and policies of topics and queues in stacks."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from local.cloudformation.stacks import ResourceFailedError
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


def test_queue_without_its_policy_has_none(local, types) -> None:
    sqs = local.client("sqs")
    queues = [types.create(request("AWS::SQS::Queue")).ref for _ in range(3)]

    def ruled() -> list[bool]:
        described = [sqs.get_queue_attributes(QueueUrl=one, AttributeNames=["All"]) for one in queues[1:]]
        return ["Policy" in one["Attributes"] for one in described]

    denied = {"Effect": "Deny", "Principal": "*", "Action": "sqs:DeleteQueue", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [denied]}
    wanted = request("AWS::SQS::QueuePolicy", Queues=queues, PolicyDocument=document)
    made = types.create(wanted)
    update = changed(wanted, made.ref, Queues=queues[:2])
    types.update(update)
    assert ruled() == [True, False]
    sqs.delete_queue(QueueUrl=queues[0])
    types.delete(update)
    assert ruled() == [False, False]


def test_topic_without_its_policy_has_the_default_one(local, types) -> None:
    sns = local.client("sns")
    topics = [types.create(request("AWS::SNS::Topic")).ref for _ in range(3)]

    def policies() -> list[Any]:
        found = (sns.get_topic_attributes(TopicArn=one)["Attributes"]["Policy"] for one in topics[1:])
        return [json.loads(one) for one in found]

    before, document = policies(), {"Version": "2012-10-17", "Statement": []}
    wanted = request("AWS::SNS::TopicPolicy", Topics=topics, PolicyDocument=document)
    made = types.create(wanted)
    update = changed(wanted, made.ref, Topics=topics[:2])
    types.update(update)
    assert policies() == [document, before[1]]
    sns.delete_topic(TopicArn=topics[0])
    types.delete(update)
    assert policies() == before


def test_subscription_without_an_endpoint_says_what_is_missing(types) -> None:
    topic = types.create(request("AWS::SNS::Topic")).ref
    with pytest.raises(ResourceFailedError, match="AWS::SNS::Subscription needs the property Endpoint"):
        types.create(request("AWS::SNS::Subscription", TopicArn=topic, Protocol="sqs"))


def test_failure_that_no_service_explains_is_the_reason(types) -> None:
    with pytest.raises(ResourceFailedError, match="failed with TypeError"):
        types.create(request("AWS::SNS::TopicPolicy", Topics=None, PolicyDocument={}))
