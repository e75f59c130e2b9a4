"""What we rely on in moto, in and around what is changed. A failure means: moto moved, look again."""

from __future__ import annotations

import inspect
import time
from importlib.metadata import version

import pytest
from moto.awslambda.models import LambdaFunction
from moto.dynamodb.models.table import Table
from moto.kinesis.models import Shard
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback,
    state_task_service_factory,
)
from moto.stepfunctions.parser.asl.utils import boto_client

from local.moto_patches import speed, stepfunctions


def test_version_of_moto_is_pinned():
    assert version("moto") == "5.2.5"


def test_query_reads_all_items_and_has_the_parameters_that_the_index_needs():
    speed.install()
    original = inspect.getclosurevars(Table.query).nonlocals["query"]
    assert "self.all_items()" in inspect.getsource(original)
    parameters = inspect.signature(original).parameters
    assert {"hash_key", "index_name", "hash_key_conditions"} <= set(parameters)


def test_records_of_a_shard_are_numbered_from_one():
    shard = Shard(0, 0, 1)
    assert [shard.put_record("k", "", "") for _ in range(3)] == ["1", "2", "3"]
    assert list(shard.records) == [1, 2, 3]
    found, last, _ = shard.get_records("1", 1)
    assert ([record.sequence_number for record in found], last) == ([2], 2)


def test_writes_to_a_shard_do_not_become_slower():
    speed.install()

    def seconds(shard: Shard) -> float:
        started = time.perf_counter()
        for _ in range(2000):
            shard.put_record("k", "", "")
        return time.perf_counter() - started

    # the least of several: what others do on this machine only ever adds
    first = min(seconds(Shard(0, 0, 1)) for _ in range(3))
    shard = Shard(0, 0, 1)
    last = min([seconds(shard) for _ in range(9)][-3:])
    assert last < 4 * first  # unpatched: over ten times


def test_queries_have_the_same_answers_with_our_index(local):
    dynamodb = local.client("dynamodb")
    dynamodb.create_table(
        TableName="canary",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("p", "s", "g")],
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-g",
                "KeySchema": [
                    {"AttributeName": "g", "KeyType": "HASH"},
                    {"AttributeName": "s", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    for partition in "ab":
        for number in (3, 1, 2):
            item = {"p": {"S": partition}, "s": {"S": f"{partition}{number}"}, "g": {"S": "all"}}
            dynamodb.put_item(TableName="canary", Item=item)

    def found(condition, value, **more):
        values = {":v": {"S": value}}
        answer = dynamodb.query(
            TableName="canary", KeyConditionExpression=condition, ExpressionAttributeValues=values, **more
        )
        return [item["s"]["S"] for item in answer["Items"]]

    assert found("p = :v", "a") == ["a1", "a2", "a3"]
    assert found("p = :v", "a", ScanIndexForward=False, Limit=2) == ["a3", "a2"]
    assert found("p = :v", "nobody") == []
    assert found("g = :v", "all", IndexName="by-g") == ["a1", "a2", "a3", "b1", "b2", "b3"]
    assert len(dynamodb.scan(TableName="canary")["Items"]) == 6


def test_every_module_of_the_interpreter_uses_our_clients(local):
    import sys

    users = [
        module
        for name, module in sys.modules.items()
        if name.startswith("moto.stepfunctions") and hasattr(module, "boto_client_for")
    ]
    assert len(users) > 10
    assert all(module.boto_client_for is stepfunctions._client_for for module in users)
    assert list(inspect.signature(stepfunctions._original_client_for).parameters) == [
        "region",
        "service",
        "state_credentials",
    ]
    assert boto_client.boto_client_for is stepfunctions._client_for


def test_moto_has_no_sagemaker_task_of_its_own():
    service = state_task_service_factory.state_task_service_for("sagemaker")
    assert type(service).__name__ == "StateTaskServiceUnsupported"


def test_fail_state_of_moto_refuses_error_names_of_the_service():
    """On AWS a Fail state may pass on States.TaskFailed, by ErrorPath."""
    from moto.stepfunctions.parser.asl.component.state.fail import state_fail

    with pytest.raises(ValueError, match="MUST NOT begin"):
        stepfunctions.CustomErrorName("States.TaskFailed")
    assert "CustomErrorName(error_value)" in inspect.getsource(state_fail.StateFail._eval_state)


def test_moto_evaluates_bucket_policies_without_their_conditions():
    from moto.s3 import responses

    assert ".get_permission(" in inspect.getsource(responses)


def test_moto_ignores_resource_types_that_it_does_not_know():
    from moto.cloudformation import models, parsing

    assert parsing.resource_class_from_type("AWS::Personalize::Schema") is None
    source = inspect.getsource(models)
    assert source.count("def _parse_template(self)") == 2  # a stack's and a change set's
    assert source.count("self._parse_template()") == 4


def test_callback_task_interrupts_its_endpoint():
    """The reason why the training task declares a task token that it does not use."""
    source = inspect.getsource(state_task_service_callback.StateTaskServiceCallback._eval_integration_pattern)
    assert "finally:" in source
    assert "callback_endpoint.interrupt_all()" in source


def test_moto_names_an_execution_without_a_name_none(local):
    """The reason why the router names executions."""
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    backend = stepfunctions_parser_backends[local.account.id][local.account.region]
    machine = local.account.arn("states", "stateMachine:tiny-greet")
    execution = backend.start_execution(machine, None, "{}")
    assert execution.exec_arn.endswith(":None")


def test_moto_invokes_functions_through_one_method():
    assert "self._invoke_lambda(event=body)" in inspect.getsource(LambdaFunction.invoke)


def test_bucket_with_an_object_or_an_old_version_is_not_deleted(local):
    """As on AWS, so that the local run needs no patch for it."""
    s3 = local.client("s3")
    for name, versioning in (("full-bucket", False), ("versioned-bucket", True)):
        s3.create_bucket(Bucket=name)
        if versioning:
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket=name, Key="a", Body=b"")
        if versioning:
            s3.delete_object(Bucket=name, Key="a")
        with pytest.raises(s3.exceptions.ClientError, match="BucketNotEmpty"):
            s3.delete_bucket(Bucket=name)
