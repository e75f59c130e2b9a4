"""A run that is killed while it writes, and the run that continues with its state."""

from __future__ import annotations

import datetime
import io
import json
import signal
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local import Local
from local.state.executions import INTERRUPTED
from tests.local.cloudformation.conftest import create_function, ended, reasons
from tests.local.conftest import until
from tests.local.tiny import STACK

REGION, ACCOUNT = "us-east-1", "123456789012"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{STACK}-greet"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["scheduler.amazonaws.com", "lambda.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
    ],
}
START = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "states:StartExecution", "Resource": "*"}],
}


def clients(endpoint: str) -> Callable[..., Any]:
    def client(service: str, key: str = "local") -> Any:
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id=key,
            aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    return client


def kill(run: Local) -> None:
    """End a run as the kernel does when memory is short."""
    assert run._process is not None
    run._process.send_signal(signal.SIGKILL)
    run._process.wait()


@dataclass
class Writer:
    """Writes until the run ends, and notes what was acknowledged."""

    write: Callable[[int], Any]
    acknowledged: list[int] = field(default_factory=list)

    def start(self) -> threading.Thread:
        thread = threading.Thread(target=self._run)
        thread.start()
        return thread

    def _run(self) -> None:
        for number in range(100_000):
            try:
                self.write(number)
            except (BotoCoreError, ClientError):
                return
            self.acknowledged.append(number)


@dataclass
class Restart:
    """What a run showed before it was killed, and the run after it."""

    before: dict[str, Any]
    writers: dict[str, Writer]
    bucket: str
    execution: str
    client: Callable[..., Any]
    output: Callable[[], str]
    key: str
    endpoint: str
    fired: set[str]


def create(client: Callable[..., Any], bucket: str) -> tuple[str, str]:
    """One of each thing that is kept. Returns an access key and the ARN of an execution that runs."""
    iam, s3, dynamodb = client("iam"), client("s3"), client("dynamodb")
    iam.create_role(RoleName="fires", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName="fires", PolicyName="start", PolicyDocument=json.dumps(START))
    iam.create_user(UserName="ana")
    iam.attach_user_policy(UserName="ana", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    key = iam.create_access_key(UserName="ana")["AccessKey"]["AccessKeyId"]
    create_schedules(client)
    client("ssm").put_parameter(Name="/a/b", Type="SecureString", Value="hidden")
    client("secretsmanager").create_secret(Name="password", SecretString="hidden")
    dynamodb.create_table(
        TableName="mine",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "user", "KeyType": "HASH"},
            {"AttributeName": "time", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "user", "AttributeType": "S"},
            {"AttributeName": "time", "AttributeType": "N"},
        ],
    )
    for number in range(3):
        values = {"list": {"L": [{"N": "1"}, {"M": {"a": {"BOOL": True}}}]}, "bytes": {"B": b"\x00\xff"}}
        item = {"user": {"S": "u"}, "time": {"N": str(number)}, **values}
        dynamodb.put_item(TableName="mine", Item=item)
    gone = {"user": {"S": "u"}, "time": {"N": "1"}}
    dynamodb.transact_write_items(TransactItems=[{"Delete": {"TableName": "mine", "Key": gone}}])
    first = {"user": {"S": "u"}, "time": {"N": "0"}}
    dynamodb.update_item(
        TableName="mine",
        Key=first,
        UpdateExpression="SET n = :n REMOVE #l",
        ExpressionAttributeNames={"#l": "list"},
        ExpressionAttributeValues={":n": {"N": "7"}},
    )
    dynamodb.execute_statement(Statement="INSERT INTO mine VALUE {'user': 'sql', 'time': 5}")
    s3.create_bucket(Bucket="mine")
    s3.put_object(Bucket="mine", Key="a b/ü.txt", Body=b"text", Metadata={"x": "y"}, ContentType="text/plain")
    s3.put_object(Bucket="mine", Key="changed", Body=b"one")
    s3.put_object(Bucket="mine", Key="changed", Body=b"two", Tagging="a=b")
    s3.put_object_tagging(Bucket="mine", Key="changed", Tagging={"TagSet": [{"Key": "c", "Value": "d"}]})
    s3.put_object(Bucket="mine", Key="deleted", Body=b"x")
    s3.delete_objects(Bucket="mine", Delete={"Objects": [{"Key": "deleted"}]})
    s3.copy_object(Bucket="mine", Key="copy", CopySource={"Bucket": "mine", "Key": "a b/ü.txt"})
    parts = s3.create_multipart_upload(Bucket="mine", Key="parts")
    sent = [
        s3.upload_part(
            Bucket="mine", Key="parts", UploadId=parts["UploadId"], PartNumber=number, Body=b"p" * 5_300_000
        )
        for number in (1, 2)
    ]
    s3.complete_multipart_upload(
        Bucket="mine",
        Key="parts",
        UploadId=parts["UploadId"],
        MultipartUpload={
            "Parts": [{"PartNumber": n, "ETag": part["ETag"]} for n, part in enumerate(sent, start=1)]
        },
    )
    s3.put_bucket_policy(Bucket="mine", Policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
    for body in (b"1", b"2", b"3"):
        s3.put_object(Bucket=bucket, Key="versions", Body=body)
    s3.delete_object(Bucket=bucket, Key="versions")
    client("sqs").create_queue(QueueName="mine")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("mine.py", "def handler(event, context):\n    return {'got': event}\n")
    client("lambda").create_function(
        FunctionName="mine",
        Runtime="python3.12",
        Role=f"arn:aws:iam::{ACCOUNT}:role/fires",
        Handler="mine.handler",
        Code={"ZipFile": code.getvalue()},
    )
    machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:mine"
    client("stepfunctions").create_state_machine(
        name="mine",
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/fires",
        definition=json.dumps(
            {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1000, "End": True}}}
        ),
    )
    create_stacks(client)
    started = client("stepfunctions").start_execution(stateMachineArn=machine, name="long", input='{"a": 1}')
    return key, started["executionArn"]


def create_stacks(client: Callable[..., Any]) -> None:
    """A stack with data, one that moto has, and one whose creation goes on when the run is killed."""
    cloudformation, token = client("cloudformation"), create_function(client)
    thing = {"Type": "Custom::Thing", "Properties": {"ServiceToken": token, "Name": "thing"}}
    table = {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    role = {"AssumeRolePolicyDocument": TRUST}
    resources = {
        "Thing": thing,
        "Files": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "of-stack"}},
        "Rows": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "of-stack", **table}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": role},
    }
    outputs = {"Role": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}, "Export": {"Name": "role-of-stack"}}}
    body = json.dumps({"Resources": resources, "Outputs": outputs})
    cloudformation.create_stack(StackName="mine", TemplateBody=body)
    assert ended(cloudformation, "mine")["StackStatus"] == "CREATE_COMPLETE"
    client("s3").put_object(Bucket="of-stack", Key="k", Body=b"kept")
    client("dynamodb").put_item(TableName="of-stack", Item={"id": {"S": "kept"}})
    files = {"Files": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "of-plain"}}}
    cloudformation.create_stack(StackName="plain", TemplateBody=json.dumps({"Resources": files}))
    client("s3").put_object(Bucket="of-plain", Key="k", Body=b"kept")
    silent = {"Properties": {"ServiceToken": token.replace("things", "tiny-echo")}, "Type": "Custom::Silent"}
    body = json.dumps({"Resources": {"First": thing, "Then": {**silent, "DependsOn": "First"}}})
    stack = cloudformation.create_stack(StackName="cut", TemplateBody=body)["StackId"]
    until(lambda: reasons(cloudformation, stack), lambda _: _created_first(cloudformation, stack))


def _created_first(cloudformation: Any, stack: str) -> bool:
    found = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    return [one["ResourceStatus"] for one in found] == ["CREATE_COMPLETE", "CREATE_IN_PROGRESS"]


def create_schedules(client: Callable[..., Any]) -> None:
    """One schedule that repeats, and others at the times at which the next run may have started."""
    now = datetime.datetime.now(datetime.UTC)
    later = {
        f"at-{s}": f"at({now + datetime.timedelta(seconds=s):%Y-%m-%dT%H:%M:%S})" for s in range(10, 300, 10)
    }
    for name, expression in {"kept": "rate(1 minute)", **later}.items():
        client("scheduler").create_schedule(
            Name=name,
            ScheduleExpression=expression,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": MACHINE,
                "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/fires",
                "Input": json.dumps({"name": name}),
            },
        )


def fired(client: Callable[..., Any]) -> set[str]:
    """The executions that schedules have started."""
    found = client("stepfunctions").list_executions(stateMachineArn=MACHINE)["executions"]
    return {one["executionArn"] for one in found}


def described(client: Callable[..., Any], bucket: str) -> dict[str, Any]:
    """Everything of `create` as its describing operations show it."""
    iam, s3, dynamodb = client("iam"), client("s3"), client("dynamodb")

    def answer(**response: Any) -> dict[str, Any]:
        return {name: value for name, value in response.items() if name != "ResponseMetadata"}

    def objects(name: str) -> dict[str, Any]:
        keys = [found["Key"] for found in s3.list_objects_v2(Bucket=name).get("Contents", [])]
        found = {key: answer(**s3.get_object(Bucket=name, Key=key)) for key in keys if "events" not in key}
        return {key: one | {"Body": one["Body"].read()} for key, one in found.items()}

    role = answer(**iam.get_role(RoleName="fires"))
    role["Role"].pop("RoleLastUsed")  # the schedule uses it
    versions = answer(**s3.list_object_versions(Bucket=bucket, Prefix="versions"))
    secret, cloudformation = client("secretsmanager"), client("cloudformation")
    return {
        "stack": answer(**cloudformation.describe_stacks(StackName="mine")),
        "events": answer(**cloudformation.describe_stack_events(StackName="mine")),
        "resources": answer(**cloudformation.describe_stack_resources(StackName="mine")),
        "template": answer(**cloudformation.get_template(StackName="mine")),
        "exports": answer(**cloudformation.list_exports()),
        "plain stack": answer(**cloudformation.describe_stacks(StackName="plain")),
        "objects of stacks": [objects("of-stack"), objects("of-plain")],
        "items of a stack": dynamodb.scan(TableName="of-stack")["Items"],
        "role": role,
        "role policy": answer(**iam.get_role_policy(RoleName="fires", PolicyName="start")),
        "user": answer(**iam.get_user(UserName="ana")),
        "keys": answer(**iam.list_access_keys(UserName="ana")),
        "attached": answer(**iam.list_attached_user_policies(UserName="ana")),
        "schedule": answer(**client("scheduler").get_schedule(Name="kept")),
        "parameter": answer(**client("ssm").get_parameter(Name="/a/b", WithDecryption=True)),
        "secret": answer(**secret.describe_secret(SecretId="password")),
        "secret value": answer(**secret.get_secret_value(SecretId="password")),
        "items": dynamodb.scan(TableName="mine")["Items"],
        "table": answer(**dynamodb.describe_table(TableName="mine")),
        "buckets": [found for found in s3.list_buckets()["Buckets"] if found["Name"] == "mine"],
        "objects": objects("mine"),
        "tags": answer(**s3.get_object_tagging(Bucket="mine", Key="changed")),
        "acl": answer(**s3.get_object_acl(Bucket="mine", Key="copy")),
        "bucket policy": s3.get_bucket_policy(Bucket="mine")["Policy"],
        "versions": versions,
        "queues": [url.partition("/123")[2] for url in client("sqs").list_queues()["QueueUrls"]],
        "function": answer(**client("lambda").get_function_configuration(FunctionName="mine")),
        "machine": answer(
            **client("stepfunctions").describe_state_machine(
                stateMachineArn=f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:mine"
            )
        ),
    }


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "state"


@pytest.fixture(scope="module")
def restart(assembly: Path, directory: Path) -> Iterator[Restart]:
    run = Local(assembly=assembly, state=directory)
    with run:
        client = clients(run.endpoint)
        s3, kinesis = client("s3"), client("kinesis")
        bucket = next(one["Name"] for one in s3.list_buckets()["Buckets"] if one["Name"].startswith("tiny"))
        stream = next(one for one in kinesis.list_streams()["StreamNames"] if one.startswith("tiny-"))
        key, execution = create(client, bucket)
        before = described(client, bucket)
        dynamodb, ssm = client("dynamodb"), client("ssm")

        def put_event(number: int) -> None:
            body = {"userId": "u", "value": float(number), "sentAt": number, "datasetGroup": "shop"}
            kinesis.put_record(StreamName=stream, Data=json.dumps(body).encode(), PartitionKey=str(number))

        writers = {
            "items": Writer(
                lambda number: dynamodb.put_item(
                    TableName="tiny-own", Item={"id": {"S": str(number)}, "n": {"N": str(number)}}
                )
            ),
            "objects": Writer(
                lambda number: s3.put_object(Bucket=bucket, Key=f"many/{number}", Body=f"body {number}")
            ),
            "events": Writer(put_event),
            "parameters": Writer(
                lambda number: ssm.put_parameter(Name=f"/many/{number}", Type="String", Value=str(number))
            ),
        }
        threads = [writer.start() for writer in writers.values()]
        until(
            lambda: [len(writer.acknowledged) for writer in writers.values()], lambda counts: min(counts) > 20
        )
        before_kill = fired(client)
        kill(run)
        for thread in threads:
            thread.join()
    with Local(assembly=assembly, state=directory) as again:
        yield Restart(
            before,
            writers,
            bucket,
            execution,
            clients(again.endpoint),
            lambda: again.output,
            key,
            again.endpoint,
            before_kill,
        )


def test_everything_is_shown_as_before_with_the_same_identifiers_and_times(restart):
    after = described(restart.client, restart.bucket)
    for name, found in restart.before.items():
        assert after[name] == found, f"{name}: {after[name]} and not {found}"
    assert "warning: state:" not in restart.output()


def test_every_item_object_and_request_that_was_acknowledged_is_there(restart):
    pages = restart.client("dynamodb").get_paginator("scan").paginate(TableName="tiny-own")
    items = {int(item["id"]["S"]) for page in pages for item in page["Items"] if item["id"]["S"].isdecimal()}
    assert set(restart.writers["items"].acknowledged) <= items
    s3 = restart.client("s3")
    for number in restart.writers["objects"].acknowledged:
        body = s3.get_object(Bucket=restart.bucket, Key=f"many/{number}")["Body"].read()
        assert body == f"body {number}".encode()
    ssm = restart.client("ssm").get_paginator("get_parameters_by_path").paginate(Path="/many")
    found = {int(one["Value"]) for page in ssm for one in page["Parameters"]}
    assert set(restart.writers["parameters"].acknowledged) <= found


def test_every_event_that_was_acknowledged_is_delivered(restart):
    import pyarrow.parquet as pq

    s3 = restart.client("s3")

    def delivered() -> set[int]:
        keys = [
            one["Key"]
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=restart.bucket)
            for one in page.get("Contents", [])
            if one["Key"].endswith(".parquet")
        ]
        bodies = [s3.get_object(Bucket=restart.bucket, Key=key)["Body"].read() for key in keys]
        return {at for body in bodies for at in pq.read_table(io.BytesIO(body)).column("sentat").to_pylist()}

    until(delivered, lambda found: set(restart.writers["events"].acknowledged) <= found)


def test_interrupted_execution_is_shown_as_aborted_with_the_reason(restart):
    client = restart.client("stepfunctions")
    found = client.describe_execution(executionArn=restart.execution)
    assert (found["status"], found["cause"]) == ("ABORTED", INTERRUPTED)
    assert found["input"] == '{"a": 1}'
    assert client.get_execution_history(executionArn=restart.execution)["events"] == []
    assert "interrupted executions end as failed" in restart.output()


def test_kept_user_signs_with_the_same_key_and_kept_function_runs(restart):
    assert restart.client("sts", restart.key).get_caller_identity()["Arn"].endswith(":user/ana")
    answer = restart.client("lambda").invoke(FunctionName="mine", Payload=b"1")
    assert json.loads(answer["Payload"].read()) == {"got": 1}


def test_kept_schedule_fires_again(restart):
    until(lambda: fired(restart.client), lambda found: found - restart.fired)


def test_kept_stack_is_updated_and_deleted(restart):
    client = restart.client
    cloudformation = client("cloudformation")
    body = cloudformation.get_template(StackName="mine")["TemplateBody"]
    body["Outputs"]["More"] = {"Value": {"Fn::GetAtt": ["Rows", "Arn"]}}
    cloudformation.update_stack(StackName="mine", TemplateBody=json.dumps(body))
    updated = ended(cloudformation, "mine")
    assert updated["StackStatus"] == "UPDATE_COMPLETE", reasons(cloudformation, "mine")
    roles = [one["OutputValue"] for one in updated["Outputs"] if one["OutputKey"] == "Role"]
    assert roles == [restart.before["exports"]["Exports"][0]["Value"]]
    client("s3").delete_object(Bucket="of-stack", Key="k")
    cloudformation.delete_stack(StackName="mine")
    assert ended(cloudformation, updated["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    assert "of-stack" not in client("dynamodb").list_tables()["TableNames"]


def test_interrupted_creation_of_a_stack_has_failed_and_can_be_deleted(restart):
    cloudformation = restart.client("cloudformation")
    cut = ended(cloudformation, "cut")
    assert cut["StackStatus"] == "CREATE_FAILED" and "The local run ended" in cut["StackStatusReason"]
    found = cloudformation.describe_stack_resources(StackName="cut")["StackResources"]
    assert [one["ResourceStatus"] for one in found] == ["CREATE_COMPLETE", "CREATE_FAILED"]
    assert found[1]["PhysicalResourceId"].startswith("cut-Then-")


def test_run_that_keeps_a_state_is_not_reset(restart):
    request = urllib.request.Request(f"{restart.endpoint}/_local/reset", method="POST")
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request)
    assert error.value.code == 409
    assert "cannot be reset. Start another one." in json.load(error.value)["message"]
    assert restart.client("dynamodb").scan(TableName="mine")["Count"]


def test_health_names_the_directory(restart, directory):
    with urllib.request.urlopen(f"{restart.endpoint}/_local/health") as answer:
        assert json.load(answer) == {"status": "ready", "state": str(directory)}
