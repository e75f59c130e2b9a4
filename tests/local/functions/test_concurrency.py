"""Reserved and unreserved concurrency limit invocations."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from moto.awslambda.utils import get_backend

from local.functions.concurrency import Concurrency, ThrottledError
from tests.local.conftest import unique, until


def test_function_without_reserved_concurrency_left_is_throttled(local, create):
    client = local.client("lambda")
    name = create("import time\ndef handler(event, context):\n    time.sleep(event)\n", Timeout=30)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    client.invoke(FunctionName=name, Payload=b"0")  # starts the worker
    with ThreadPoolExecutor(2) as threads:
        running = [
            threads.submit(client.invoke, FunctionName=name, Payload=b"1.5"),
            threads.submit(client.invoke, FunctionName=name, Payload=b"1.5"),
        ]
        failures = [error for future in running if (error := future.exception())]
    [error] = failures
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert error.response["Error"]["Code"] == "TooManyRequestsException"
    assert error.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_asynchronous_invocation_is_retried_until_concurrency_is_available(local, create):
    client, s3, answers = local.client("lambda"), local.client("s3"), unique("answers")
    s3.create_bucket(Bucket=answers)
    text = f"""import boto3
def handler(event, context):
    boto3.client("s3").put_object(Bucket="{answers}", Key="ran", Body=b"")
"""
    name = create(text, Timeout=30)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    client.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.invoke(FunctionName=name, Payload=b"{}")
    assert s3.list_objects_v2(Bucket=answers)["KeyCount"] == 0
    client.delete_function_concurrency(FunctionName=name)
    until(lambda: s3.list_objects_v2(Bucket=answers)["KeyCount"], lambda count: count == 1)


def test_functions_without_reservation_share_the_rest_of_the_account(local, create):
    name, other = create("def handler(event, context): pass"), create("def handler(event, context): pass")
    local.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    reserved = sum(
        int(function.reserved_concurrency or 0)
        for function in get_backend(local.account.id, local.account.region).list_functions()
    )
    concurrency = Concurrency(local.account, limit=reserved + 1)
    with concurrency.invocation(name), concurrency.invocation(name), concurrency.invocation(other):
        with pytest.raises(ThrottledError, match=r"^ConcurrentInvocationLimitExceeded"):
            concurrency.invocation("another").__enter__()
        with pytest.raises(ThrottledError, match=r"^ReservedFunction"):
            concurrency.invocation(name).__enter__()
    with concurrency.invocation("another"):
        pass  # the concurrency is free again
