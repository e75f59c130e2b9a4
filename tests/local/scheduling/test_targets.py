"""Rules that programs make: their targets get the events that match."""

from __future__ import annotations

import json

import pytest

from local.iam.resource_policies import ResourcePolicies
from local.moto_patches import events as moto_events
from local.scheduling.targets import Targets
from local.terminal import Terminal
from tests.local.conftest import unique, until
from tests.local.functions.conftest import create  # noqa: F401

MINE = {"source": ["shop"]}


@pytest.fixture
def rule(local):
    """Make a rule with targets; removed in the end."""
    client, names = local.client("events"), []

    def make(pattern, *targets, **more):
        names.append(unique("rule"))
        client.put_rule(Name=names[-1], EventPattern=json.dumps(pattern), **more)
        listed = [{"Id": str(number), **target} for number, target in enumerate(targets)]
        client.put_targets(Rule=names[-1], Targets=listed)
        return local.account.arn("events", f"rule/{names[-1]}")

    yield make
    for name in names:
        client.remove_targets(
            Rule=name, Ids=[one["Id"] for one in client.list_targets_by_rule(Rule=name)["Targets"]]
        )
        client.delete_rule(Name=name)


@pytest.fixture
def listener(local, create):  # noqa: F811
    """A function that keeps its events in a bucket: its target, and how to read the events."""
    s3, bucket = local.client("s3"), unique("heard")
    s3.create_bucket(Bucket=bucket)
    keep = f"""import boto3, json, uuid
def handler(event, context):
    boto3.client("s3").put_object(Bucket="{bucket}", Key=str(uuid.uuid4()), Body=json.dumps(event))
"""
    name = create(keep, Timeout=30)
    arn = local.account.arn("lambda", f"function:{name}")

    def heard(count=1):
        keys = until(
            lambda: [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", ())],
            lambda keys: len(keys) >= count,
        )
        return [json.load(s3.get_object(Bucket=bucket, Key=key)["Body"]) for key in keys]

    def allow(source_arn):
        local.client("lambda").add_permission(
            FunctionName=name,
            StatementId=unique("events"),
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=source_arn,
        )

    return {"Arn": arn}, heard, allow


@pytest.fixture
def queue(local):
    """A queue that EventBridge may send to: its target, and what it has."""
    client, name = local.client("sqs"), unique("queue")
    url = client.create_queue(QueueName=name)["QueueUrl"]
    arn = local.account.arn("sqs", name)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    client.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [statement]})})

    def texts():
        return until(
            lambda: [one["Body"] for one in client.receive_message(QueueUrl=url).get("Messages", ())],
            lambda found: found,
        )

    return {"Arn": arn}, texts


def put(local, detail, **more):
    entry = {"Source": "shop", "DetailType": "Order", "Detail": json.dumps(detail), **more}
    answer = local.client("events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0
    return answer["Entries"][0]["EventId"]


def test_function_gets_the_event_as_eventbridge_sends_it(local, rule, listener):
    target, heard, allow = listener
    allow(rule(MINE, target))
    event_id = put(local, {"order": 1}, Resources=["arn:aws:shop:::order/1"], Time=1_790_000_000)
    [event] = heard()
    assert event == {
        "version": "0",
        "id": event_id,
        "detail-type": "Order",
        "source": "shop",
        "account": local.account.id,
        "time": "2026-09-21T14:13:20Z",
        "region": local.account.region,
        "resources": ["arn:aws:shop:::order/1"],
        "detail": {"order": 1},
    }


def test_function_gets_what_the_target_makes_of_the_event(local, rule, listener):
    target, heard, allow = listener
    transformer = {"InputPathsMap": {"n": "$.detail.order"}, "InputTemplate": '{"number": <n>}'}
    allow(rule(MINE, {**target, "InputTransformer": transformer}))
    put(local, {"order": 7})
    assert heard() == [{"number": 7}]


def test_target_that_fails_leaves_the_others_their_event(local, rule, queue):
    target, texts = queue
    missing = local.account.arn("lambda", "function:missing")
    unknown = local.account.arn("batch", "job-queue/none")
    rule(MINE, {"Arn": missing}, {"Arn": unknown}, {**target, "InputPath": "$.detail"})
    put(local, {"order": 2})
    assert texts() == ['{"order": 2}']


def test_lost_event_is_in_the_dead_letter_queue_of_its_target(local, rule, queue):
    letters, _ = queue
    machine = local.account.arn("states", "stateMachine:tiny-greet")
    nobody = local.account.arn("iam", "role/nobody")
    lost = {
        local.account.arn("lambda", "function:missing"): "NO_PERMISSIONS",
        local.account.arn("batch", "job-queue/none"): "ERROR_FROM_TARGET",
        machine: "FAILED_TO_ASSUME_ROLE",
    }
    targets = [{"Arn": arn, "Input": '"input"', "DeadLetterConfig": letters} for arn in lost]
    arn = rule(MINE, *({**one, "RoleArn": nobody} for one in targets))
    event_id = put(local, {"order": 8})
    client, found = local.client("sqs"), []
    url = client.get_queue_url(QueueName=letters["Arn"].rpartition(":")[2])["QueueUrl"]

    def receive():
        found.extend(
            client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get(
                "Messages", ()
            )
        )
        return found

    until(receive, lambda messages: len(messages) == len(lost))
    assert {json.loads(one["Body"])["id"] for one in found} == {event_id}
    noted = [
        {name: value["StringValue"] for name, value in one["MessageAttributes"].items()} for one in found
    ]
    assert {one["TARGET_ARN"]: one["ERROR_CODE"] for one in noted} == lost
    assert {one["RULE_ARN"] for one in noted} == {arn}
    assert "the local run has no such targets" in {one["ERROR_MESSAGE"] for one in noted}


def test_disabled_rule_and_rule_with_a_schedule_get_no_event(local, rule, queue):
    target, texts = queue
    rule(MINE, {**target, "Input": '"disabled"'}, State="DISABLED")
    name, client = unique("hourly"), local.client("events")
    client.put_rule(Name=name, ScheduleExpression="rate(1 hour)")
    client.put_targets(Rule=name, Targets=[{"Id": "1", **target, "Input": '"scheduled"'}])
    rule(MINE, {**target, "Input": '"enabled"'})
    put(local, {"order": 3})
    assert texts() == ['"enabled"']
    client.remove_targets(Rule=name, Ids=["1"])
    client.delete_rule(Name=name)


def test_state_machine_starts_with_the_role_of_the_target(local, rule):
    trust = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = local.client("iam").create_role(
        RoleName=unique("events"), AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )["Role"]["Arn"]
    machine, by = local.account.arn("states", "stateMachine:tiny-greet"), unique("order")
    rule(MINE, {"Arn": machine, "RoleArn": role, "InputPath": "$.detail"})
    put(local, {"by": by})
    client = local.client("stepfunctions")

    def inputs():
        found = client.list_executions(stateMachineArn=machine)["executions"]
        return [client.describe_execution(executionArn=one["executionArn"])["input"] for one in found]

    until(inputs, lambda texts: json.dumps({"by": by}) in texts)


def test_topic_sends_the_event_to_its_queue(local, rule):
    sqs, sns, name = local.client("sqs"), local.client("sns"), unique("orders")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": local.account.arn("sqs", name),
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [statement]})})
    topic = sns.create_topic(Name=name)["TopicArn"]
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=local.account.arn("sqs", name), Attributes=raw)
    rule(MINE, {"Arn": topic, "InputPath": "$.detail"})
    put(local, {"order": 4})
    found = until(lambda: sqs.receive_message(QueueUrl=url).get("Messages"), lambda messages: messages)
    assert found[0]["Body"] == '{"order": 4}'


def test_stream_and_log_group_get_the_event(local, rule, stream):
    trust = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = local.client("iam").create_role(
        RoleName=unique("events"), AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )["Role"]["Arn"]
    name = unique("orders")
    kinesis, logs = local.client("kinesis"), local.client("logs")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    logs.create_log_group(logGroupName=f"/aws/events/{name}")
    rule(
        MINE,
        {
            "Arn": local.account.arn("kinesis", f"stream/{name}"),
            "RoleArn": role,
            "KinesisParameters": {"PartitionKeyPath": "$.detail.order"},
        },
        {"Arn": local.account.arn("logs", f"log-group:/aws/events/{name}")},
    )
    put(local, {"order": "five"})
    shard = kinesis.get_shard_iterator(
        StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = until(lambda: kinesis.get_records(ShardIterator=shard)["Records"], lambda found: found)
    assert (records[0]["PartitionKey"], json.loads(records[0]["Data"])["detail"]) == (
        "five",
        {"order": "five"},
    )
    lines = until(
        lambda: logs.filter_log_events(logGroupName=f"/aws/events/{name}")["events"], lambda found: found
    )
    assert json.loads(lines[0]["message"])["detail"] == {"order": "five"}


def test_object_in_a_bucket_with_eventbridge_calls_the_function(local, rule, listener):
    target, heard, allow = listener
    s3, bucket = local.client("s3"), unique("inbox")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "in/"}]}},
    }
    allow(rule(pattern, target))
    s3.put_object(Bucket=bucket, Key="out/a.csv", Body=b"1")
    s3.put_object(Bucket=bucket, Key="in/a.csv", Body=b"12")
    [event] = heard()
    assert event["resources"] == [f"arn:aws:s3:::{bucket}"]
    assert event["detail"]["object"]["key"] == "in/a.csv" and event["detail"]["object"]["size"] == 2
    assert set(event["detail"]["object"]) == {"key", "size", "etag", "sequencer"}
    assert event["detail"]["reason"] == "PutObject"


def test_rule_of_a_program_gets_the_end_of_an_execution(local, rule, queue, run):
    target, texts = queue
    pattern = {"source": ["aws.states"], "detail": {"status": ["SUCCEEDED"], "name": [{"exists": True}]}}
    rule(pattern, {**target, "InputPath": "$.detail"})
    arn = run("greet", {"n": 1})["executionArn"]
    found = until(
        lambda: [text for text in map(json.loads, texts()) if text["executionArn"] == arn],
        lambda details: details,
    )
    assert found[0]["startDate"] <= found[0]["stopDate"]


@pytest.fixture
def warned(local, rule, capsys):
    """Deliver an event to a target of a rule, and read the warning."""
    terminal = Terminal()

    def call(target, rule_arn=None):
        policies = ResourcePolicies(local.account, terminal)
        targets = Targets(
            account=local.account, roles=local.roles, policies=policies, invoke=print, terminal=terminal
        )
        name = (rule_arn or rule(MINE, target)).rpartition("/")[2]
        backend = moto_events.events_backends[local.account.id][local.account.region]
        event = moto_events.service_event(
            "shop", "Order", [], {}, account=local.account.id, region=local.account.region
        )
        targets._deliver(backend.event_buses["default"].rules[name], target, event)
        return capsys.readouterr().err

    return call


def test_function_without_a_permission_does_not_get_the_event(local, warned, listener):
    target, _, allow = listener
    allow(local.account.arn("events", "rule/another"))
    assert "does not let events.amazonaws.com do lambda:InvokeFunction" in warned(target)


def test_state_machine_without_a_role_does_not_start(local, warned):
    machine = local.account.arn("states", "stateMachine:tiny-greet")
    assert "the target names no role" in warned({"Arn": machine})
    role = next(
        one["Arn"]
        for one in local.client("iam").list_roles()["Roles"]
        if one["RoleName"].startswith("tiny-ScheduleRole")
    )
    assert "does not trust events.amazonaws.com" in warned({"Arn": machine, "RoleArn": role})
