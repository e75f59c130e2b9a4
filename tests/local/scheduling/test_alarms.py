"""Alarms publish to topics, and topics to queues, only if the policies allow it."""

from __future__ import annotations

import json
import time

import pytest

from tests.local.conftest import unique, until


@pytest.fixture
def queue(local):
    """A queue whose policy lets topics send: (URL, ARN)."""
    sqs = local.client("sqs")
    url = sqs.create_queue(QueueName=unique("notices"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"StringEquals": {"aws:SourceAccount": local.account.id}},
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [statement]})})
    return url, arn


@pytest.fixture
def topic(local, queue):
    """A topic with its default policy, to which the queue is subscribed."""
    sns = local.client("sns")
    arn = sns.create_topic(Name=unique("alarms"))["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue[1], Attributes={"RawMessageDelivery": "true"})
    return arn


@pytest.fixture
def ring(local, topic):
    """Create an alarm that publishes to the topic, and set its state to ALARM: its name."""
    cloudwatch = local.client("cloudwatch")

    def call():
        name = unique("alarm")
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="tiny",
            MetricName="Errors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=[topic],
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
        return name

    return call


@pytest.fixture
def page(local, topic):
    """Two alarms without actions, and a composite alarm that publishes when one rings: their names."""
    cloudwatch, names = local.client("cloudwatch"), [unique("alarm"), unique("alarm")]
    metric = {"Namespace": "tiny", "MetricName": "Errors", "Statistic": "Sum", "Period": 60}
    for name in names:
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            **metric,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )
    arns = [local.account.arn("cloudwatch", f"alarm:{name}") for name in names]
    rule = f'(ALARM("{arns[0]}") OR ALARM("{arns[1]}"))'
    page = unique("page")
    cloudwatch.put_composite_alarm(AlarmName=page, AlarmRule=rule, AlarmActions=[topic])
    return page, *names


def test_composite_alarm_rings_once_while_one_of_its_alarms_does(local, queue, page):
    name, first, second = page
    cloudwatch = local.client("cloudwatch")

    def states():
        [found] = cloudwatch.describe_alarms(AlarmNames=[name])["CompositeAlarms"]
        return found["StateValue"]

    for alarm in (first, second):
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a test")
    [message] = until(lambda: messages(local, queue), bool)
    notice = json.loads(message["Body"])
    assert (notice["AlarmName"], notice["NewStateValue"]) == (name, "ALARM")
    assert first in notice["NewStateReason"]
    cloudwatch.set_alarm_state(AlarmName=first, StateValue="OK", StateReason="a test")
    assert states() == "ALARM"
    cloudwatch.set_alarm_state(AlarmName=second, StateValue="OK", StateReason="a test")
    assert states() == "OK"


def messages(local, queue):
    return local.client("sqs").receive_message(QueueUrl=queue[0]).get("Messages", [])


def set_policy(local, topic, *statements):
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    local.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)


def demand_tls(topic):
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def test_alarm_publishes_to_a_topic_with_its_default_policy(local, queue, ring):
    name = ring()
    [message] = until(lambda: messages(local, queue), bool)
    notice = json.loads(message["Body"])
    assert (notice["AlarmName"], notice["OldStateValue"], notice["NewStateValue"]) == (name, "OK", "ALARM")


def test_alarm_cannot_publish_after_another_policy_replaced_the_default(local, queue, topic, ring):
    set_policy(local, topic, demand_tls(topic))
    ring()
    time.sleep(0.2)
    assert messages(local, queue) == []


def test_alarm_publishes_to_a_topic_that_allows_cloudwatch(local, queue, topic, ring):
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"ArnLike": {"aws:SourceArn": local.account.arn("cloudwatch", "alarm:*")}},
    }
    set_policy(local, topic, demand_tls(topic), allow)
    ring()
    assert until(lambda: messages(local, queue), bool)


def test_topic_does_not_reach_a_queue_without_a_policy(local, queue, topic):
    local.client("sqs").set_queue_attributes(QueueUrl=queue[0], Attributes={"Policy": ""})
    local.client("sns").publish(TopicArn=topic, Message="lost")
    assert messages(local, queue) == []
