"""Resources of other services: changed in place where CloudFormation does, and else refused by name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from moto.s3.models import s3_backends

from local.cloudformation.stacks import ResourceFailedError
from tests.local.cloudformation.conftest import changed, request
from tests.local.conftest import unique, until

KEYED = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def test_bucket_changes_in_place_and_keeps_its_objects(local, types) -> None:
    s3, wanted = local.client("s3"), request("AWS::S3::Bucket", Tags=[{"Key": "a", "Value": "b"}])
    created = types.create(wanted)
    s3.put_object(Bucket=created.ref, Key="k", Body=b"kept")
    rule = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    encryption = {"ServerSideEncryptionConfiguration": [rule]}
    update = changed(
        wanted,
        created.ref,
        VersioningConfiguration={"Status": "Enabled"},
        BucketEncryption=encryption,
        Tags=[],
    )
    assert types.update(update).ref == created.ref
    assert s3.get_object(Bucket=created.ref, Key="k")["Body"].read() == b"kept"
    assert s3.get_bucket_versioning(Bucket=created.ref)["Status"] == "Enabled"
    with pytest.raises(ResourceFailedError, match="BucketNotEmpty"):
        types.delete(update)
    assert types.update(changed(update, created.ref, BucketName=unique("other"))).ref != created.ref


def test_unknown_property_of_a_bucket_is_refused(types) -> None:
    with pytest.raises(ResourceFailedError, match="does not know the property WebsiteConfiguration"):
        types.create(request("AWS::S3::Bucket", WebsiteConfiguration={}))


def test_table_changes_in_place_and_keeps_its_items(local, types) -> None:
    dynamodb, wanted = local.client("dynamodb"), request("AWS::DynamoDB::Table", **KEYED)
    created = types.create(wanted)
    dynamodb.put_item(TableName=created.ref, Item={"id": {"S": "1"}, "at": {"N": "1"}})
    index = {
        "IndexName": "by-at",
        "KeySchema": [{"AttributeName": "at", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    update = changed(
        wanted,
        created.ref,
        AttributeDefinitions=[*KEYED["AttributeDefinitions"], {"AttributeName": "at", "AttributeType": "N"}],
        GlobalSecondaryIndexes=[index],
        StreamSpecification={"StreamViewType": "NEW_IMAGE"},
        TimeToLiveSpecification={"AttributeName": "end", "Enabled": True},
        Tags=[{"Key": "a", "Value": "b"}],
    )
    after = types.update(update)
    assert after.ref == created.ref and "StreamArn" in after.attributes
    described = dynamodb.describe_table(TableName=created.ref)["Table"]
    assert [one["IndexName"] for one in described["GlobalSecondaryIndexes"]] == ["by-at"]
    assert dynamodb.scan(TableName=created.ref)["Count"] == 1
    types.delete(update)
    assert created.ref not in dynamodb.list_tables()["TableNames"]
    types.delete(update)


def test_named_table_with_another_key_is_refused(local, types) -> None:
    wanted = request("AWS::DynamoDB::Table", TableName=unique("named"), **KEYED)
    created = types.create(wanted)
    other = [{"AttributeName": "other", "KeyType": "HASH"}]
    with pytest.raises(
        ResourceFailedError, match=r"custom-named resource requires replacing\. Rename named-"
    ):
        types.update(changed(wanted, created.ref, KeySchema=other))
    assert created.ref in local.client("dynamodb").list_tables()["TableNames"]


def test_role_keeps_its_name_and_the_policies_of_others(local, types) -> None:
    iam, wanted = local.client("iam"), request("AWS::IAM::Role", AssumeRolePolicyDocument=TRUST)
    role = types.create(wanted)
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    types.create(request("AWS::IAM::Policy", PolicyName="p", PolicyDocument=document, Roles=[role.ref]))
    own = {"PolicyName": "own", "PolicyDocument": document}
    after = types.update(changed(wanted, role.ref, Policies=[own]))
    assert after.ref == role.ref and after.attributes["Arn"] == role.attributes["Arn"]
    assert set(iam.list_role_policies(RoleName=role.ref)["PolicyNames"]) == {"p", "own"}


def test_change_that_would_lose_data_is_refused(local, types) -> None:
    wanted = request("AWS::SQS::Queue", QueueName=unique("queue"))
    created = types.create(wanted)
    local.client("sqs").send_message(QueueUrl=created.ref, MessageBody="kept")
    with pytest.raises(ResourceFailedError, match="cannot change the resource type AWS::SQS::Queue in place"):
        types.update(changed(wanted, created.ref, VisibilityTimeout=5))
    assert local.client("sqs").receive_message(QueueUrl=created.ref)["Messages"]


def test_type_that_cannot_be_deleted_says_so(types) -> None:
    wanted = request("AWS::Batch::JobQueue")
    with pytest.raises(
        ResourceFailedError, match=r"cannot delete the resource type AWS::Batch::JobQueue.*Retain"
    ):
        types.delete(replace(wanted, physical_id="queue"))


def test_unknown_type_is_refused_by_name(types) -> None:
    with pytest.raises(ResourceFailedError, match="cannot create the resource type AWS::Nothing::Known"):
        types.create(request("AWS::Nothing::Known"))


def test_policy_of_a_bucket_and_a_schedule_are_created_changed_and_deleted(local, types) -> None:
    bucket = types.create(request("AWS::S3::Bucket")).ref
    wanted = request("AWS::S3::BucketPolicy", Bucket=bucket, PolicyDocument={"Version": "1", "Statement": []})
    policy = types.create(wanted)
    types.update(changed(wanted, policy.ref, PolicyDocument={"Version": "2", "Statement": []}))
    found = local.client("s3").get_bucket_policy(Bucket=bucket)["Policy"]
    assert json.loads(found)["Version"] == "2"
    types.delete(replace(wanted, physical_id=policy.ref))

    target = {
        "Arn": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "RoleArn": "arn:aws:iam::123456789012:role/r",
    }
    wanted = request(
        "AWS::Scheduler::Schedule",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )
    schedule = types.create(wanted)
    assert types.update(changed(wanted, schedule.ref, ScheduleExpression="rate(2 hours)")).ref == schedule.ref
    described = local.client("scheduler").get_schedule(Name=schedule.ref)
    assert described["ScheduleExpression"] == "rate(2 hours)"
    types.delete(replace(wanted, physical_id=schedule.ref))
    types.delete(replace(wanted, physical_id=schedule.ref))


def test_notification_of_a_bucket_calls_a_function_and_ends_with_its_declaration(
    local, types, create
) -> None:
    s3, answers = local.client("s3"), unique("answers")
    s3.create_bucket(Bucket=answers)
    copy = f"""import boto3
def handler(event, context):
    key = event["Records"][0]["s3"]["object"]["key"]
    boto3.client("s3").put_object(Bucket="{answers}", Key=key, Body=b"seen")
"""
    function = local.account.arn("lambda", f"function:{create(copy, Timeout=30)}")
    rules = [{"Name": "prefix", "Value": "params"}]
    called = {"Event": "s3:ObjectCreated:*", "Function": function, "Filter": {"S3Key": {"Rules": rules}}}
    wanted = request("AWS::S3::Bucket", NotificationConfiguration={"LambdaConfigurations": [called]})
    bucket = types.create(wanted).ref
    for key in ("other.json", "params.json"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"{}")
    until(lambda: s3.list_objects_v2(Bucket=answers).get("Contents", []), bool)
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=answers)["Contents"]] == ["params.json"]
    types.update(replace(wanted, properties={}, old=wanted.properties, physical_id=bucket))
    assert "LambdaFunctionConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)


@pytest.mark.parametrize("enabled", [True, "true", False, "false"])
def test_bucket_sends_events_to_eventbridge_only_if_they_are_enabled(local, types, enabled) -> None:
    declared = {"EventBridgeConfiguration": {"EventBridgeEnabled": enabled}}
    bucket = types.create(request("AWS::S3::Bucket", NotificationConfiguration=declared)).ref
    kept = s3_backends[local.account.id]["aws"].buckets[bucket].notification_configuration
    assert (kept is not None and kept.event_bridge is not None) is (enabled in (True, "true"))


@pytest.mark.parametrize("named", [True, False])
def test_changed_function_keeps_its_name_and_its_permissions(local, types, named) -> None:
    client, name = local.client("lambda"), unique("kept")
    given = {
        "Code": {"ZipFile": "def handler(event, context): return 1"},
        "Handler": "index.handler",
        "Role": types.create(request("AWS::IAM::Role", AssumeRolePolicyDocument=TRUST)).attributes["Arn"],
        "Runtime": "python3.12",
        **({"FunctionName": name} if named else {}),
    }
    wanted = request("AWS::Lambda::Function", **json.loads(json.dumps(given)))
    function = types.create(wanted).ref
    assert wanted.properties == given
    allowed = {"Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
    permission = request("AWS::Lambda::Permission", FunctionName=function, **allowed)
    types.create(permission)
    assert types.update(changed(wanted, function, Timeout=30)).ref == function
    assert client.get_function_configuration(FunctionName=function)["Timeout"] == 30
    [statement] = json.loads(client.get_policy(FunctionName=function)["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}


def test_permission_of_a_function_is_added_changed_and_removed(local, types, create) -> None:
    client, function = local.client("lambda"), create("def handler(event, context): return 1")

    def statements() -> list[dict[str, Any]]:
        try:
            return list(json.loads(client.get_policy(FunctionName=function)["Policy"])["Statement"])
        except client.exceptions.ResourceNotFoundException:
            return []

    given = {"FunctionName": function, "Action": "lambda:InvokeFunction"}
    wanted = request("AWS::Lambda::Permission", Principal="events.amazonaws.com", **given)
    made = types.create(wanted)
    update = changed(wanted, made.ref, Principal="s3.amazonaws.com", SourceAccount="123456789012")
    again = types.update(update)
    types.delete(replace(wanted, physical_id=made.ref))
    assert [one["Principal"] for one in statements()] == [{"Service": "s3.amazonaws.com"}]
    types.delete(replace(update, physical_id=again.ref))
    assert statements() == []
