"""Alarms reach somebody: each has an action, and the topic's policy lets the account's CloudWatch publish."""

from __future__ import annotations

from tests.infrastructure.conftest import Template


def test_every_alarm_publishes_to_the_topic(template: Template) -> None:
    (topic,) = template.of_type("AWS::SNS::Topic")
    alarms = template.of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) <= 12
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [{"Ref": topic}]


def test_topic_lets_the_alarms_of_this_account_publish(template: Template) -> None:
    (policy,) = template.of_type("AWS::SNS::TopicPolicy").values()
    allowed = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
    (statement,) = allowed
    assert (statement["Principal"], statement["Action"]) == (
        {"Service": "cloudwatch.amazonaws.com"},
        "sns:Publish",
    )
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    pattern = statement["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Join"][1][-1]
    prefix = pattern.removeprefix(":alarm:").removesuffix("*")
    names = [alarm["AlarmName"] for alarm in template.of_type("AWS::CloudWatch::Alarm").values()]
    assert prefix and all(name.startswith(prefix) for name in names)


def test_only_failures_set_off_the_alarm_of_workflows(template: Template) -> None:
    """A person who stops an execution gets no mail."""
    alarms = template.of_type("AWS::CloudWatch::Alarm").values()
    (alarm,) = [one for one in alarms if one["AlarmName"].endswith("-WorkflowFailures")]
    (dimension,) = alarm["Dimensions"]
    rule = template.of_type("AWS::Events::Rule")[dimension["Value"]["Ref"]]
    assert (alarm["Namespace"], dimension["Name"]) == ("AWS/Events", "RuleName")
    assert rule["EventPattern"]["detail"]["status"] == ["FAILED", "TIMED_OUT"]
