"""The policies of a function's role are enforced on its calls."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import unique

ITEM = {"id": {"S": "1"}}


@pytest.fixture
def store(invoke):
    """A call from the function whose role may do a little."""

    def call(service, operation, **arguments):
        answer, error = invoke("store", {"service": service, "operation": operation, "arguments": arguments})
        assert error is None, answer
        return answer

    return call


def test_calls_that_the_role_allows_succeed(store, local, lake):
    local.client("s3").put_object(Bucket=lake, Key="input/seen.txt", Body=b"x")
    assert "ok" in store("dynamodb", "put_item", TableName="tiny-own", Item=ITEM)
    assert "ok" in store(
        "dynamodb", "batch_write_item", RequestItems={"tiny-own": [{"PutRequest": {"Item": ITEM}}]}
    )
    assert "ok" in store("s3", "head_object", Bucket=lake, Key="input/seen.txt")
    assert "ok" in store("sts", "get_caller_identity")


def test_other_actions_and_other_tables_are_denied(store):
    denied = store("dynamodb", "get_item", TableName="tiny-own", Key=ITEM)
    assert denied["code"] == "AccessDeniedException"
    assert (
        "dynamodb:GetItem on resource: arn:aws:dynamodb:us-east-1:123456789012:table/tiny-own"
        in denied["message"]
    )
    assert store("dynamodb", "put_item", TableName="tiny-other", Item=ITEM)["code"] == "AccessDeniedException"


def test_encrypted_data_need_the_permission_for_their_key(store, local):
    local.client("s3").put_object(Bucket="tiny-sealed", Key="seen.txt", Body=b"x")
    assert "ok" in store("dynamodb", "put_item", TableName="tiny-sealed", Item=ITEM)
    denied = store("s3", "get_object", Bucket="tiny-sealed", Key="seen.txt")
    assert denied["code"] == "AccessDenied"
    assert "kms:Decrypt on resource: arn:aws:kms:us-east-1:123456789012:key/" in denied["message"]


def test_every_table_of_a_batch_and_every_part_of_a_transaction_is_checked(store):
    put = [{"PutRequest": {"Item": ITEM}}]
    batch = store("dynamodb", "batch_write_item", RequestItems={"tiny-own": put, "tiny-other": put})
    assert batch["code"] == "AccessDeniedException"
    own = {"Put": {"TableName": "tiny-own", "Item": ITEM}}
    assert "ok" in store("dynamodb", "transact_write_items", TransactItems=[own])
    delete = {"Delete": {"TableName": "tiny-own", "Key": {"id": {"S": "2"}}}}
    denied = store("dynamodb", "transact_write_items", TransactItems=[own, delete])
    assert "dynamodb:DeleteItem" in denied["message"]


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code", "needed"),
    [
        ("s3", "put_object", {"Key": "input/x", "Body": "x"}, "AccessDenied", "s3:PutObject"),
        ("s3", "list_objects_v2", {}, "AccessDenied", "s3:ListBucket"),
        (
            "s3",
            "delete_objects",
            {"Delete": {"Objects": [{"Key": "input/a&b"}]}},
            "AccessDenied",
            "s3:DeleteObject",
        ),
        ("lambda", "invoke", {"FunctionName": "tiny-echo"}, "AccessDeniedException", "lambda:InvokeFunction"),
        ("kinesis", "list_shards", {"StreamName": "any"}, "AccessDeniedException", "kinesis:ListShards"),
        ("events", "put_events", {"Entries": [{"Source": "a"}]}, "AccessDeniedException", "events:PutEvents"),
        ("scheduler", "delete_schedule", {"Name": "a"}, "AccessDeniedException", "schedule/default/a"),
        ("sagemaker", "list_training_jobs", {}, "AccessDeniedException", "sagemaker:ListTrainingJobs"),
        ("ssm", "get_parameter", {"Name": "/a/b"}, "AccessDeniedException", "parameter/a/b"),
        ("iam", "list_roles", {}, "AccessDenied", "iam:ListRoles"),
        (
            "logs",
            "create_log_stream",
            {"logGroupName": "g", "logStreamName": "s"},
            "AccessDeniedException",
            "log-group:g",
        ),
        (
            "sqs",
            "send_message",
            {"QueueUrl": "http://x/1/q", "MessageBody": "m"},
            "AccessDeniedException",
            "sqs:SendMessage",
        ),
        ("glue", "get_databases", {}, "AccessDeniedException", "glue:GetDatabases"),
        (
            "firehose",
            "describe_delivery_stream",
            {"DeliveryStreamName": "d"},
            "AccessDeniedException",
            "deliverystream/d",
        ),
    ],
)
def test_denial_is_the_error_of_the_programs_client(store, lake, service, operation, arguments, code, needed):
    if service == "s3":
        arguments = arguments | {"Bucket": lake}
    denied = store(service, operation, **arguments)
    assert denied["code"] == code
    assert needed in denied["message"]


def test_conditions_are_evaluated_in_the_binary_protocol_of_cloudwatch(store):
    metric = [{"MetricName": "m", "Value": 1}]
    assert "ok" in store("cloudwatch", "put_metric_data", Namespace="tiny", MetricData=metric)
    denied = store("cloudwatch", "put_metric_data", Namespace="other", MetricData=metric)
    assert denied["code"] == "AccessDeniedException"


def test_conditions_are_evaluated_in_a_body_that_the_sdk_compressed(store):
    metrics = [
        {
            "MetricName": f"m{n}",
            "Value": 1,
            "Dimensions": [{"Name": "DatasetGroupArn", "Value": "arn:" + "g" * 200}],
        }
        for n in range(100)
    ]
    assert "ok" in store("cloudwatch", "put_metric_data", Namespace="tiny", MetricData=metrics)
    denied = store("cloudwatch", "put_metric_data", Namespace="other", MetricData=metrics)
    assert denied["code"] == "AccessDeniedException"


def test_state_machine_is_allowed_by_its_arn(store, local):
    def start(name):
        machine = local.account.arn("states", f"stateMachine:tiny-{name}")
        return store("stepfunctions", "start_execution", stateMachineArn=machine, input="{}")

    assert "ok" in start("greet")
    assert start("snoop")["code"] == "AccessDeniedException"


def test_owner_and_roles_of_the_owner_are_not_limited(local):
    iam = local.client("iam")
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName="bare", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    credentials = local.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="session")[
        "Credentials"
    ]
    local.client("dynamodb", credentials).scan(TableName="tiny-own")
    local.client("dynamodb").scan(TableName="tiny-own")


@pytest.mark.parametrize(
    ("principal", "code"),
    [
        ({"Service": "personalize.amazonaws.com"}, None),  # the service that this stack plays
        ({"AWS": "123456789012"}, None),
        ({"AWS": "arn:aws:iam::123456789012:root"}, None),
        ({"Service": "ec2.amazonaws.com"}, "AccessDenied"),
        ({"AWS": "arn:aws:iam::999999999999:root"}, "AccessDenied"),
    ],
)
def test_role_is_assumed_only_by_principals_that_it_trusts(store, local, principal, code):
    name = f"trusting-{abs(hash(str(principal)))}"
    trust = {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}
    role = local.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    answer = store("sts", "assume_role", RoleArn=role["Arn"], RoleSessionName="session")
    assert answer.get("code") == code


def test_missing_role_cannot_be_assumed(store):
    answer = store(
        "sts", "assume_role", RoleArn="arn:aws:iam::123456789012:role/nobody", RoleSessionName="session"
    )
    assert answer["code"] == "AccessDenied"


@pytest.fixture
def session(local):
    """A function that assumes a new role with a session policy, and returns an S3 client."""
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = local.client("iam").create_role(RoleName=unique("limited"), AssumeRolePolicyDocument=document)

    def assume(policy=None):
        limits = {} if policy is None else {"Policy": json.dumps(policy)}
        answer = local.client("sts").assume_role(
            RoleArn=role["Role"]["Arn"], RoleSessionName="session", **limits
        )
        return local.client("s3", answer["Credentials"])

    return assume


def test_session_is_limited_by_its_session_policy(local, session):
    bucket = unique("data")
    local.client("s3").create_bucket(Bucket=bucket)
    for key in ("in/a.csv", "other/b.csv"):
        local.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    reading = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/in/*"}
    limited = session({"Version": "2012-10-17", "Statement": [reading]})
    limited.get_object(Bucket=bucket, Key="in/a.csv")
    for call in (
        lambda: limited.get_object(Bucket=bucket, Key="other/b.csv"),
        lambda: limited.put_object(Bucket=bucket, Key="in/a.csv", Body=b"y"),
        lambda: limited.list_objects_v2(Bucket=bucket, Prefix="in/"),
    ):
        with pytest.raises(ClientError, match=r"AccessDenied.* because no session policy allows"):
            call()
    session().get_object(Bucket=bucket, Key="other/b.csv")


def test_missing_bucket_is_missing_before_policies_are_evaluated(local, session, store):
    nothing = session({"Version": "2012-10-17", "Statement": []})
    with pytest.raises(ClientError, match="404"):
        nothing.head_bucket(Bucket=unique("nowhere"))
    with pytest.raises(ClientError, match="NoSuchBucket"):
        nothing.put_object(Bucket=unique("nowhere"), Key="a", Body=b"")
    with pytest.raises(ClientError, match="AccessDenied"):
        nothing.create_bucket(Bucket=unique("nowhere"))
    missing = store("s3", "get_object", Bucket=unique("nowhere"), Key="a")
    assert missing["code"] == "NoSuchBucket"
