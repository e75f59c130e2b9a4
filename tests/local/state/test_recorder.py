"""What requests change is in the journal, and a new process has it again. One process plays both runs."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from moto.core.base_backend import BackendDict
from moto.dynamodb.models import dynamodb_backends
from moto.iam.models import iam_backends
from moto.kinesis.models import kinesis_backends
from moto.s3.models import s3_backends
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from local.account import Account
from local.cloudformation.moto_types import MotoTypes
from local.http.messages import Headers, Request, Response
from local.http.moto_app import MotoApp
from local.state.directory import StateError
from local.state.executions import INTERRUPTED
from local.state.kept import KeptState, open_state
from local.streams.memory import DIRECT
from local.streams.shards import StreamRecord
from local.terminal import Terminal

ACCOUNT = Account("http://127.0.0.1:1", "eu-north-1", "210987654321")
"""An account of its own: the other tests of this process have resources in the usual one."""
ROLE = f"arn:aws:iam::{ACCOUNT.id}:role/works"
MACHINE = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
BACKENDS: tuple[BackendDict[Any], ...] = (
    *(dynamodb_backends, iam_backends, kinesis_backends, s3_backends, stepfunctions_parser_backends),
)


class Run:
    """A run with a state: clients whose requests go through the recorder, and none over a network."""

    def __init__(self, folder: Path, moto: MotoApp) -> None:
        state = open_state(folder, ACCOUNT, stage="dev", stack="shop", terminal=Terminal(quiet=True))
        assert state is not None
        self.state: KeptState = state
        self._moto, self._recorder = moto, state.recorder()
        _ = iam_backends[ACCOUNT.id][ACCOUNT.partition]  # as after the roles of the template
        self.state.restore(moto.answer, MotoTypes(ACCOUNT))

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        parts = urlsplit(request.url)
        request.headers["x-moto-account-id"] = ACCOUNT.id
        fields = [(name, _text(value)) for name, value in request.headers.items()]
        headers = Headers()
        for name, value in fields:
            headers.add(name, value)
        body = request.body or b""
        body = body if isinstance(body, bytes) else body.read() if hasattr(body, "read") else body.encode()
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        given = Request(request.method, target, headers, body, raw_headers=fields)
        response: Response = self._recorder(given, self._moto.answer)
        return AWSResponse(request.url, response.status, dict(response.headers), _Body(response.body))

    def client(self, service: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        endpoint, session = ACCOUNT.endpoint, boto3.Session("key", "secret", region_name=ACCOUNT.region)
        client = session.client(service, endpoint_url=endpoint, config=config)
        client.meta.events.register("before-send", self._answer)
        return client


class _Body:
    """The body of a response, as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._content

    def read(self, amt: int | None = None, **_: Any) -> bytes:
        content, self._content = self._content, b""
        return content


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Run]]:
    """Start a run with the state of the one before, and nothing else of it."""
    moto, runs = MotoApp(1), list[Run]()

    def end() -> None:
        for run in runs:
            run.state.close()
        runs.clear()
        for backends in BACKENDS:
            backends.pop(ACCOUNT.id, None)
        owned = [name for name, (_, owner) in s3_backends.bucket_accounts.items() if owner == ACCOUNT.id]
        for name in owned:
            del s3_backends.bucket_accounts[name]

    def start() -> Run:
        end()
        runs.append(Run(tmp_path / "state", moto))
        return runs[-1]

    yield start
    end()


def test_items_are_as_the_last_request_of_each_left_them(start: Callable[[], Run]) -> None:
    table = start().client("dynamodb")
    attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("user", "time")]
    keys = [{"AttributeName": "user", "KeyType": "HASH"}, {"AttributeName": "time", "KeyType": "RANGE"}]
    table.create_table(
        TableName="mine",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=keys,
        AttributeDefinitions=attributes,
    )

    def key(user: str, time: str = "1") -> dict[str, Any]:
        return {"user": {"S": user}, "time": {"S": time}}

    for user in ("ann", "bob", "cleo"):
        table.put_item(TableName="mine", Item={**key(user), "seen": {"L": [{"B": b"\x00"}, {"N": "1"}]}})
    table.delete_item(TableName="mine", Key=key("bob"))
    table.update_item(
        TableName="mine",
        Key=key("ann"),
        UpdateExpression="SET hits = :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    deleted, put = {"DeleteRequest": {"Key": key("cleo")}}, {"PutRequest": {"Item": key("dan")}}
    table.batch_write_item(RequestItems={"mine": [deleted, put]})
    table.transact_write_items(TransactItems=[{"Put": {"TableName": "mine", "Item": key("dan", "2")}}])
    table.execute_statement(Statement="""INSERT INTO "mine" VALUE {'user': 'eve', 'time': '1'}""")

    def items(client: Any) -> Any:
        return sorted(client.scan(TableName="mine")["Items"], key=str)

    before = items(table)
    assert sorted(item["user"]["S"] for item in before) == ["ann", "dan", "dan", "eve"]
    assert items(start().client("dynamodb")) == before
    start().client("dynamodb").delete_table(TableName="mine")
    assert start().client("dynamodb").list_tables()["TableNames"] == []


def test_objects_have_their_bytes_versions_and_tags(start: Callable[[], Run]) -> None:
    s3 = start().client("s3")
    place = {"CreateBucketConfiguration": {"LocationConstraint": ACCOUNT.region}}
    for bucket in ("versioned", "plain", "gone"):
        s3.create_bucket(Bucket=bucket, **place)
    s3.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"one", b"two"):
        s3.put_object(Bucket="versioned", Key="a/key", Body=body, Metadata={"kind": "text"})
    s3.delete_object(Bucket="versioned", Key="a/key")
    for key in ("kept", "dropped", "also-dropped"):
        s3.put_object(Bucket="plain", Key=key, Body=key.encode())
    s3.put_object_tagging(Bucket="plain", Key="kept", Tagging={"TagSet": [{"Key": "team", "Value": "a"}]})
    dropped = [{"Key": "dropped"}, {"Key": "also-dropped"}]
    s3.delete_objects(Bucket="plain", Delete={"Objects": dropped})
    s3.put_object(Bucket="gone", Key="x", Body=b"x")
    s3.delete_object(Bucket="gone", Key="x")
    s3.delete_bucket(Bucket="gone")

    again = start().client("s3")
    assert {one["Name"] for one in again.list_buckets()["Buckets"]} == {"plain", "versioned"}
    assert [one["Key"] for one in again.list_objects_v2(Bucket="plain")["Contents"]] == ["kept"]
    assert again.get_object(Bucket="plain", Key="kept")["Body"].read() == b"kept"
    assert again.get_object_tagging(Bucket="plain", Key="kept")["TagSet"][0]["Value"] == "a"
    listed = again.list_object_versions(Bucket="versioned")
    assert [one["IsLatest"] for one in listed["DeleteMarkers"]] == [True]
    bodies = {
        again.get_object(Bucket="versioned", Key="a/key", VersionId=one["VersionId"])["Body"].read()
        for one in listed["Versions"]
    }
    assert bodies == {b"one", b"two"}


def test_requests_are_repeated_with_the_same_identifiers_and_reads_are_not_kept(
    start: Callable[[], Run],
) -> None:
    iam = start().client("iam")
    iam.list_roles()
    created = iam.create_role(RoleName="works", AssumeRolePolicyDocument="{}")["Role"]
    again = start()
    role = again.client("iam").get_role(RoleName="works")["Role"]
    assert (role["RoleId"], role["CreateDate"]) == (created["RoleId"], created["CreateDate"])
    assert [entry["type"] for entry in again.state._saved.requests] == ["request"]


def test_execution_that_a_run_leaves_unfinished_is_aborted_and_one_that_ended_keeps_its_end(
    start: Callable[[], Run],
) -> None:
    run = start()
    states = run.client("stepfunctions")
    machine = states.create_state_machine(name="m", roleArn=ROLE, definition=json.dumps(MACHINE))
    arns = {}
    for name in ("unfinished", "ended"):
        started = states.start_execution(stateMachineArn=machine["stateMachineArn"], name=name, input="{}")
        arns[name] = started["executionArn"]
    run.state.executions.ended(
        SimpleNamespace(
            execution_arn=arns["ended"],
            status="SUCCEEDED",
            stop_date=datetime.datetime.now(datetime.UTC),
            error=None,
            cause=None,
            output={"rows": 3},
        )
    )
    again = start()
    assert again.state.executions.settled == {arns["ended"]}
    states = again.client("stepfunctions")
    found = {name: states.describe_execution(executionArn=arn) for name, arn in arns.items()}
    assert found["ended"]["status"] == "SUCCEEDED" and json.loads(found["ended"]["output"]) == {"rows": 3}
    assert (found["unfinished"]["status"], found["unfinished"]["cause"]) == ("ABORTED", INTERRUPTED)


def test_records_of_streams_and_positions_of_readers_are_kept(start: Callable[[], Run]) -> None:
    run = start()
    kinesis = run.client("kinesis")
    kinesis.create_stream(StreamName="events", ShardCount=1)
    for number in range(3):
        kinesis.put_record(StreamName="events", PartitionKey="ann", Data=str(number).encode())
    run.state.streams.accepted(f"{DIRECT}delivery", [StreamRecord("0", 1, "ann", "ZXZlbnQ=", 5.0)])
    run.state.streams.processed("firehose", "events", "shardId-000000000000", 2)
    again = start()
    kinesis = again.client("kinesis")
    shard = kinesis.list_shards(StreamName="events")["Shards"][0]["ShardId"]
    first = {"StreamName": "events", "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    records = kinesis.get_records(ShardIterator=kinesis.get_shard_iterator(**first)["ShardIterator"])
    assert [one["Data"] for one in records["Records"]] == [b"2"]  # the reader has the others
    assert again.state.streams.position("firehose", "events", shard) == 2
    assert [one.data for one in again.state.streams.records(f"{DIRECT}delivery")] == ["ZXZlbnQ="]
    kinesis.put_record(StreamName="events", PartitionKey="ann", Data=b"3")
    assert list(start().state._saved.records["events", shard]) == [3, 4]


def test_data_of_a_table_that_the_app_no_longer_creates_stop_the_start(
    start: Callable[[], Run], tmp_path: Path
) -> None:
    run = start()
    for name in ("shop-profiles", "another"):
        entry = {"type": "item", "table": name, "key": {"id": {"S": "a"}}, "item": {"id": {"S": "a"}}}
        run.state._note(entry)
    with pytest.raises(StateError, match="data of shop-profiles, which this version"):
        start()
