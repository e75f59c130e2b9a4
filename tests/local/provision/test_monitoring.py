"""Alarms and their topics."""

from __future__ import annotations

import pytest


def alarm_with_topic(**more):
    """An alarm that publishes to a topic, and further resources."""
    metric = {"Namespace": "tiny", "MetricName": "Errors", "Statistic": "Sum", "Period": 60}
    properties = {
        **metric,
        "Threshold": 0,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "AlarmActions": [{"Ref": "Topic"}],
    }
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}
    return {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}, "Alarm": alarm, **more}


def composite_alarm(rule):
    """An alarm with a topic, and a composite alarm with the rule."""
    properties = {"AlarmRule": rule, "AlarmActions": [{"Ref": "Topic"}]}
    return alarm_with_topic(Page={"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": properties})


def topic_policy(*statements):
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    properties = {"Topics": [{"Ref": "Topic"}], "PolicyDocument": document}
    return {"Type": "AWS::SNS::TopicPolicy", "Properties": properties}


DEMAND_TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sns:Publish",
    "Resource": {"Ref": "Topic"},
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


ALLOW_CLOUDWATCH = {
    "Effect": "Allow",
    "Principal": {"Service": "cloudwatch.amazonaws.com"},
    "Action": "sns:Publish",
    "Resource": {"Ref": "Topic"},
    "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
}


def test_alarm_whose_topic_has_lost_its_default_policy_is_refused(refused):
    reason = refused(**alarm_with_topic(Policy=topic_policy(DEMAND_TLS)))
    assert "does not let cloudwatch.amazonaws.com publish" in reason


def test_composite_alarm_of_alarms_is_accepted(accepted):
    accepted(**composite_alarm({"Fn::Join": ["", ['ALARM("', {"Fn::GetAtt": ["Alarm", "Arn"]}, '")']]}))


@pytest.mark.parametrize("rule", ["TRUE", 'ALARM("a") AND ALARM("b")', 'NOT ALARM("a")'])
def test_composite_alarm_with_a_rule_that_is_not_evaluated_is_refused(refused, rule):
    assert "the local run reads rules such as" in refused(**composite_alarm(rule))


@pytest.mark.parametrize("statements", [None, [DEMAND_TLS, ALLOW_CLOUDWATCH]])
def test_alarm_with_the_default_or_a_sufficient_topic_policy_is_accepted(accepted, statements):
    accepted(**alarm_with_topic(**({"Policy": topic_policy(*statements)} if statements else {})))
