"""Alarms reach somebody: each has an action, and the topic's policy lets the account's CloudWatch publish."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.infrastructure.conftest import Assembly, Template

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"


def test_every_alarm_publishes_to_the_topic(template: Template) -> None:
    topic = _topic(template, " alarms")
    alarms = template.of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) <= 12
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [{"Ref": topic}]


def test_person_is_paged_for_errors_missing_data_and_old_models_only(assembly: Assembly) -> None:
    """A page has a topic of its own, so that a pager does not get every alarm."""
    for stage in ("local", "prod"):
        template = assembly.templates[stage]
        pages = template.of_type("AWS::CloudWatch::CompositeAlarm")
        topic = _topic(template, " pages")
        assert {page["AlarmName"].split("-", 2)[2] for page in pages.values()} == {
            "CustomersSeeErrors",
            "DataDoesNotArrive",
            "ModelsGetOld",
        }
        assert [page["AlarmActions"] for page in pages.values()] == [[{"Ref": topic}]] * 3
        assert template.body["Outputs"]["PagingTopic"]["Value"] == {"Ref": topic}
    assert not assembly.templates["lite"].of_type("AWS::CloudWatch::CompositeAlarm")


def test_one_failed_request_pages_nobody(template: Template) -> None:
    watched = {
        id for page in template.of_type("AWS::CloudWatch::CompositeAlarm").values() for id in _ids(page)
    }
    metrics = template.of_type("AWS::CloudWatch::Alarm")
    names = {metrics[id]["AlarmName"].split("-", 2)[2] for id in watched}
    assert not names & {"ApiErrors", "WorkflowFailures", "StreamErrors", "Throttling"}


def test_runbook_entry_of_a_page_names_the_alarms_that_set_it_off(assembly: Assembly) -> None:
    template = assembly.templates["prod"]
    metrics = template.of_type("AWS::CloudWatch::Alarm")
    entries = _entries()
    for page in template.of_type("AWS::CloudWatch::CompositeAlarm").values():
        names = {metrics[id]["AlarmName"].split("-", 2)[2] for id in _ids(page)}
        entry = entries[page["AlarmName"].split("-", 2)[2]]
        assert set(re.findall(r"\(#(\w+)\)", entry)) == {name.lower() for name in names}


def _topic(template: Template, suffix: str) -> str:
    """The logical ID of the topic whose display name has the suffix."""
    topics = template.of_type("AWS::SNS::Topic").items()
    (found,) = [id for id, topic in topics if topic["DisplayName"].endswith(suffix)]
    return found


def _ids(page: dict[str, Any]) -> list[str]:
    """The logical IDs of the alarms in the rule of a composite alarm."""
    parts = page["AlarmRule"]["Fn::Join"][1]
    return [part["Fn::GetAtt"][0] for part in parts if isinstance(part, dict)]


def _entries() -> dict[str, str]:
    """The chapter on alarms: name → entry."""
    chapter = RUNBOOK.read_text(encoding="utf-8").partition("\n## Alarms\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", chapter, re.M | re.S))


def test_topic_lets_the_alarms_of_this_account_publish(template: Template) -> None:
    policies = template.of_type("AWS::SNS::TopicPolicy").values()
    covered = [topic["Ref"] for policy in policies for topic in policy["Topics"]]
    assert set(covered) == set(template.of_type("AWS::SNS::Topic"))
    types = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    names = [alarm["AlarmName"] for one in types for alarm in template.of_type(one).values()]
    for policy in policies:
        allowed = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
        (statement,) = allowed
        assert (statement["Principal"], statement["Action"]) == (
            {"Service": "cloudwatch.amazonaws.com"},
            "sns:Publish",
        )
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        pattern = statement["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Join"][1][-1]
        prefix = pattern.removeprefix(":alarm:").removesuffix("*")
        assert prefix and all(name.startswith(prefix) for name in names)


def test_only_failures_set_off_the_alarm_of_workflows(template: Template) -> None:
    """A person who stops an execution gets no mail."""
    alarms = template.of_type("AWS::CloudWatch::Alarm").values()
    (alarm,) = [one for one in alarms if one["AlarmName"].endswith("-WorkflowFailures")]
    (dimension,) = alarm["Dimensions"]
    rule = template.of_type("AWS::Events::Rule")[dimension["Value"]["Ref"]]
    assert (alarm["Namespace"], dimension["Name"]) == ("AWS/Events", "RuleName")
    assert rule["EventPattern"]["detail"]["status"] == ["FAILED", "TIMED_OUT"]


def test_events_beyond_the_partitions_of_a_delivery_set_off_the_alarm_of_deliveries(
    template: Template,
) -> None:
    """Firehose writes at most 500 partitions at a time, and puts the other events under the failed prefix.

    https://docs.aws.amazon.com/firehose/latest/dev/buffering.html
    """
    alarms = template.of_type("AWS::CloudWatch::Alarm").values()
    (alarm,) = [one for one in alarms if one["AlarmName"].endswith("-DeliveryFailures")]
    metrics = [one["MetricStat"]["Metric"] for one in alarm["Metrics"] if "MetricStat" in one]
    assert {one["MetricName"] for one in metrics} == {"FailedConversion.Records", "PartitionCountExceeded"}
    assert {one["Namespace"] for one in metrics} == {"AWS/Firehose"}


def _names(template: Template) -> set[str]:
    types = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    alarms = [alarm for one in types for alarm in template.of_type(one).values()]
    return {alarm["AlarmName"].split("-", 2)[2] for alarm in alarms}


def test_every_alarm_has_an_entry_in_the_runbook_and_every_entry_an_alarm(assembly: Assembly) -> None:
    entries = _entries()
    alarms = set().union(*map(_names, assembly.templates.values()))
    assert alarms == set(entries)
    for name, entry in entries.items():
        assert re.findall(r"^\*\*(\w+)\.\*\*", entry, re.M) == ["Meaning", "Check", "Remedy"], name
        assert all(f"({number}) " in entry for number in (1, 2, 3)), name


def test_alarms_name_their_entry(template: Template) -> None:
    for alarm in template.of_type("AWS::CloudWatch::Alarm").values():
        name = alarm["AlarmName"].split("-", 2)[2]
        assert alarm["AlarmDescription"].endswith(f"docs/runbook.md#{name.lower()}")


def test_metrics_of_our_own_are_watched_in_the_namespace_of_the_stage(assembly: Assembly) -> None:
    for stage, namespace in (("local", "AWS/Personalize"), ("prod", "tastemaker-prod")):
        alarms = assembly.templates[stage].of_type("AWS::CloudWatch::Alarm").values()
        own = {alarm["MetricName"]: alarm for alarm in alarms if alarm.get("Namespace") == namespace}
        assert set(own) == {"StoredAnswers", "TrainingDelay"}
        functions = assembly.templates[stage].of_type("AWS::Lambda::Function").values()
        told = {f["Environment"]["Variables"].get("POWERTOOLS_METRICS_NAMESPACE") for f in functions}
        assert told - {None} == {namespace}


def test_dashboard_finds_campaigns_that_are_created_later(template: Template) -> None:
    for board in template.of_type("AWS::CloudWatch::Dashboard").values():
        text = json.dumps(board["DashboardBody"]).replace("\\", "")
        for name in ("GetRecommendations", "GetRecommendationsLatency", "GetRecommendations5xxErrors"):
            assert f',CampaignArn}} MetricName="{name}"' in text


def test_stage_with_essential_alarms_watches_what_fails(assembly: Assembly) -> None:
    names = {"ApiErrors", "ModelFailures", "WorkflowFailures", "DeliveryFailures", "ScheduleFailures"}
    assert _names(assembly.templates["lite"]) == names
    assert names < _names(assembly.templates["prod"])


def test_stage_without_dashboard_has_none(assembly: Assembly) -> None:
    boards = {
        name: len(one.of_type("AWS::CloudWatch::Dashboard")) for name, one in assembly.templates.items()
    }
    assert boards == {"local": 1, "prod": 1, "lite": 0}
