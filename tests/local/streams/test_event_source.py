"""Event source mappings: throttled invocations, and what the on-failure destination gets."""

from __future__ import annotations

import base64
import json
import re
import threading

import pytest

from local.functions.worker import Outcome
from local.streams.event_source import EventSource, EventSourceMapping
from local.streams.failure_destination import FailureDestination, required_permissions
from local.streams.shards import Streams
from local.terminal import Terminal
from tests.local.conftest import unique, until
from tests.local.streams.conftest import body

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:consumer"
MAPPING = "c2b7fa2e-5d09-4b2a-8b6e-7d9a3f0e1c11"
THROTTLED = Outcome.throttle("ReservedFunctionConcurrentInvocationLimitExceeded")


@pytest.fixture
def own_stream(local):
    """A new stream with one shard: (name, ARN)."""
    kinesis, name = local.client("kinesis"), unique("own")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    return name, local.account.arn("kinesis", f"stream/{name}")


@pytest.fixture
def follow(local, own_stream):
    """Start a mapping of the stream with this `invoke`, and stop it at the end of the test."""
    started = []

    def start(invoke, send, **settings):
        source = EventSource(
            id=MAPPING,
            stream_arn=own_stream[1],
            function_name="consumer",
            function_arn=FUNCTION,
            **settings,
        )
        mapping = EventSourceMapping(
            source,
            account=local.account,
            streams=Streams(local.account),
            invoke=invoke,
            send=send,
            terminal=Terminal(quiet=True),
        )
        mapping.start()
        started.append(mapping)

    yield start
    for mapping in started:
        mapping.stop()


@pytest.fixture
def destination(local):
    """A function that builds a destination whose role has all permissions on it."""

    def build(arn):
        iam, role = local.client("iam"), unique("destination")
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        role_arn = iam.create_role(
            RoleName=role, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
        )["Role"]["Arn"]
        return FailureDestination(
            arn,
            mapping_id=MAPPING,
            function_arn=FUNCTION,
            role_arn=role_arn,
            account=local.account,
            roles=local.roles,
        )

    return build


def put(local, stream, *bodies):
    entries = [{"Data": body.encode(), "PartitionKey": "key"} for body in bodies]
    local.client("kinesis").put_records(StreamName=stream, Records=entries)


def test_bucket_gets_the_records_that_lambda_gives_up(local, own_stream, follow, destination):
    s3, bucket = local.client("s3"), unique("failed")
    s3.create_bucket(Bucket=bucket)
    put(local, own_stream[0], "first", "second")
    follow(lambda *_: Outcome.error("Unhandled", "broken"), destination(f"arn:aws:s3:::{bucket}"), retries=0)
    [found] = until(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents", []), bool)
    assert re.fullmatch(
        rf"aws/lambda/{MAPPING}/shardId-0{{12}}/\d{{4}}/\d\d/\d\d/\d{{4}}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{{36}}",
        found["Key"],
    )
    document = json.load(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"])
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert document["KinesisBatchInfo"]["batchSize"] == 2
    records = json.loads(document["payload"])["Records"]
    assert [base64.b64decode(record["kinesis"]["data"]) for record in records] == [b"first", b"second"]


def test_topic_gets_the_description_without_the_records(local, own_stream, follow, destination):
    sns, sqs = local.client("sns"), local.client("sqs")
    topic = sns.create_topic(Name=unique("failed"))["TopicArn"]
    url = sqs.create_queue(QueueName=unique("failed"))["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow_topic = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow_topic]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    put(local, own_stream[0], "only")
    follow(lambda *_: Outcome.error("Unhandled", "broken"), destination(topic), retries=0)
    [message] = until(lambda: sqs.receive_message(QueueUrl=url).get("Messages", []), bool)
    document = json.loads(message["Body"])
    assert document["KinesisBatchInfo"]["batchSize"] == 1
    assert "payload" not in document


def test_throttled_invocation_is_repeated_and_uses_no_retry(local, own_stream, follow):
    calls, processed, given_up = [], threading.Event(), []

    def invoke(*_):
        calls.append(1)
        if len(calls) <= 2:
            return THROTTLED
        processed.set()
        return Outcome("null", False)

    put(local, own_stream[0], "patient")
    follow(invoke, lambda *sent: given_up.append(sent), retries=0)
    assert processed.wait(10)
    assert len(calls) == 3 and not given_up


def test_permissions_on_a_destination_are_those_that_lambda_checks():
    assert required_permissions("arn:aws:s3:::lake") == [
        ("s3:PutObject", "arn:aws:s3:::lake/aws/lambda/*"),
        ("s3:ListBucket", "arn:aws:s3:::lake"),
    ]
    queue = "arn:aws:sqs:us-east-1:123456789012:dead"
    assert required_permissions(queue) == [("sqs:SendMessage", queue)]
    with pytest.raises(ValueError, match="not to lambda"):
        required_permissions(FUNCTION)


@pytest.fixture
def stored(local):
    """The item that the consumer wrote for an id, as soon as it is there."""
    dynamodb = local.client("dynamodb")

    def item(name):
        found = until(
            lambda: dynamodb.get_item(TableName="tiny-own", Key={"id": {"S": f"event-{name}"}}),
            lambda it: "Item" in it,
        )
        return found["Item"]

    return item


def test_records_of_one_key_arrive_in_order_and_in_batches(put, stored):
    names = [unique("ordered") for _ in range(30)]
    put(*[body(name) for name in names], key="one")
    items = [stored(name) for name in names]
    numbers = [int(item["event"]["S"].rsplit(":", 1)[-1]) for item in items]
    assert numbers == sorted(numbers)
    times = [float(item["at"]["S"]) for item in items]
    assert times == sorted(times)
    assert 1 < max(int(item["batch"]["N"]) for item in items) <= 10


def test_record_that_always_fails_is_sent_to_the_queue_alone(put, stored, local):
    before, after = unique("before"), unique("after")
    put(body(before), body("bad", poison=True), body(after), key="poisoned")
    assert stored(before)
    assert stored(after)
    sqs = local.client("sqs")
    url = sqs.list_queues()["QueueUrls"][0]
    [message] = until(lambda: sqs.receive_message(QueueUrl=url).get("Messages", []), bool)
    document = json.loads(message["Body"])
    info = document["KinesisBatchInfo"]
    assert info["batchSize"] == 1
    assert info["startSequenceNumber"] == info["endSequenceNumber"]
    assert info["streamArn"].startswith("arn:aws:kinesis:us-east-1:123456789012:stream/")
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert document["requestContext"]["approximateInvokeCount"] == 2  # the call and its one retry
    assert document["version"] == "1.0"


def test_mapping_ends_quietly_when_its_stream_is_deleted(local, own_stream, follow):
    before = set(threading.enumerate())
    follow(lambda *_: Outcome("{}", False), None)
    (thread,) = set(threading.enumerate()) - before
    local.client("kinesis").delete_stream(StreamName=own_stream[0])
    thread.join(10)  # an exception in the thread fails the test
    assert not thread.is_alive()
