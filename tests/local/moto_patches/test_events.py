"""Events that reach rules, and what moto itself does with them."""

from __future__ import annotations

import json
import time

import pytest

from local.moto_patches.events import DEFAULT_BUS, send_to_bus, service_event, text_of_time
from tests.local.conftest import unique, until


@pytest.fixture
def watched(local):
    """A rule on a bus that writes its events to a log group: the bus's events, as they arrive."""
    client, logs, made = local.client("events"), local.client("logs"), []

    def call(pattern, bus=DEFAULT_BUS):
        group, rule = f"/aws/events/{unique('group')}", unique("watched")
        logs.create_log_group(logGroupName=group)
        client.put_rule(Name=rule, EventPattern=json.dumps(pattern), EventBusName=bus)
        made.append((rule, bus))
        target = {"Id": "1", "Arn": local.account.arn("logs", f"log-group:{group}")}
        client.put_targets(Rule=rule, EventBusName=bus, Targets=[target])
        return lambda: [
            json.loads(one["message"]) for one in logs.filter_log_events(logGroupName=group)["events"]
        ]

    yield call
    for rule, bus in made:
        client.remove_targets(Rule=rule, EventBusName=bus, Ids=["1"])
        client.delete_rule(Name=rule, EventBusName=bus)


def test_time_of_an_event_is_iso_8601_with_seconds():
    assert text_of_time(1_790_000_000.9) == "2026-09-21T14:13:20Z"
    assert text_of_time("1790000000") == "2026-09-21T14:13:20Z"
    assert text_of_time("2021-11-12T00:00:00Z") == "2021-11-12T00:00:00Z"


def test_events_of_objects_differ_and_go_to_the_default_bus(local, watched):
    s3, bucket, bus = local.client("s3"), unique("inbox"), unique("bus")
    local.client("events").create_event_bus(Name=bus)
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
    other, default = watched(pattern, bus), watched(pattern)
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    version = s3.put_object(Bucket=bucket, Key="a", Body=b"1")["VersionId"]
    s3.put_object(Bucket=bucket, Key="b", Body=b"")
    s3.delete_object(Bucket=bucket, Key="a", VersionId=version)
    tags = {"TagSet": [{"Key": "team", "Value": "shop"}]}
    s3.put_object_tagging(Bucket=bucket, Key="b", Tagging=tags)
    events = {
        (event["detail-type"], event["detail"]["object"]["key"]): event
        for event in until(default, lambda found: len(found) == 4)
    }
    assert ("Object Tags Added", "b") in events  # and none for uploads without tags
    created, deleted = events["Object Created", "a"], events["Object Deleted", "a"]
    assert created["detail"]["object"]["version-id"] == version
    assert (deleted["detail"]["reason"], deleted["detail"]["deletion-type"]) == (
        "DeleteObject",
        "Permanently Deleted",
    )
    assert len({event["id"] for event in events.values()}) == 4
    sequence = [
        events[key]["detail"]["object"]["sequencer"]
        for key in (("Object Created", "a"), ("Object Created", "b"), ("Object Deleted", "a"))
    ]
    assert sequence == sorted(sequence)
    assert other() == []


def test_event_of_a_service_goes_to_the_default_bus(local, watched):
    source = unique("aws.service")
    found = watched({"source": [source]})
    place = {"account": local.account.id, "region": local.account.region}
    event = service_event(source, "Something", ["arn"], {"n": 1}, **place)
    send_to_bus(event)
    assert until(found, lambda events: events) == [event]


def test_moto_sends_to_another_bus_and_to_an_archive(local, watched):
    client, bus, source = local.client("events"), unique("bus"), unique("shop")
    bus_arn = client.create_event_bus(Name=bus)["EventBusArn"]
    found = watched({"source": [source]}, bus)
    default = local.account.arn("events", "event-bus/default")
    archive = client.create_archive(
        ArchiveName=unique("archive"), EventSourceArn=default, EventPattern=json.dumps({"source": [source]})
    )["ArchiveArn"]
    rule = unique("forward")
    client.put_rule(Name=rule, EventPattern=json.dumps({"source": [source]}))
    client.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": bus_arn}])
    client.put_events(Entries=[{"Source": source, "DetailType": "Order", "Detail": '{"n": 1}'}])
    [event] = until(found, lambda events: events)
    assert (event["detail-type"], event["detail"]) == ("Order", {"n": 1})
    name = archive.rpartition("/")[2]
    until(lambda: client.describe_archive(ArchiveName=name)["EventCount"], lambda count: count == 1)
    client.remove_targets(Rule=rule, Ids=["1"])
    client.delete_rule(Name=rule)
    replayed = watched({"source": [source], "replay-name": [{"exists": True}]})
    client.start_replay(
        ReplayName=unique("replay"),
        EventSourceArn=archive,
        EventStartTime=time.time() - 60,
        EventEndTime=time.time() + 60,
        Destination={"Arn": default},
    )
    [again] = until(replayed, lambda events: events)
    assert again["detail"] == {"n": 1}
