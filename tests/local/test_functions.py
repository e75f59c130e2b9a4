"""Lambda: workers, errors in Lambda's shape, limits."""

from __future__ import annotations

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from moto.awslambda.utils import get_backend

from local.functions.concurrency import Concurrency, ThrottledError
from tests.local.conftest import unique, until


def test_a_handler_sees_its_event_its_context_and_its_environment(local, invoke):
    answer, error = invoke("echo", {"a": 1})
    assert error is None
    assert answer["event"] == {"a": 1}
    assert answer["greeting"] == "hello"
    assert answer["function"] == "tiny-echo"
    assert answer["arn"] == local.account.arn("lambda", "function:tiny-echo")
    assert 0 < answer["remaining"] <= 5000
    assert answer["endpoint"] == local.endpoint


def test_a_function_runs_as_its_own_role(invoke):
    answer, _ = invoke("echo", "who")
    assert ":assumed-role/tiny-PlainRole-" in answer["who"]


def test_a_worker_is_kept_warm(invoke):
    first, _ = invoke("echo", 1)
    second, _ = invoke("echo", 2)
    assert first["pid"] == second["pid"]


def test_calls_at_once_run_side_by_side(invoke):
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda _: invoke("echo", {"sleep": 1.0}), range(3)))
    assert len({answer["pid"] for answer, _ in answers}) == 3
    assert len({answer["tmp"] for answer, _ in answers}) == 3  # each environment has a /tmp of its own


def test_an_exception_has_lambdas_shape(invoke):
    answer, error = invoke("fail", {})
    assert error == "Unhandled"
    assert answer["errorType"] == "TeapotError"
    assert answer["errorMessage"] == "I am short and stout"
    assert "in fail" in answer["stackTrace"][0]


def test_a_timeout_kills_the_worker_and_the_next_call_gets_a_new_one(invoke):
    answer, error = invoke("slow", {})  # its handler would take 30 seconds
    assert (error, answer["errorType"]) == ("Unhandled", "Sandbox.Timedout")
    assert "Task timed out after 1.00 seconds" in answer["errorMessage"]


def test_a_worker_that_exits_is_reported_and_replaced(invoke):
    for _ in range(2):
        answer, _ = invoke("leave", {})
        assert answer["errorType"] == "Runtime.ExitError"
        assert "exit status 7" in answer["errorMessage"]


def test_a_handler_that_cannot_be_loaded_says_why(invoke):
    answer, error = invoke("no_such_handler", {})
    assert error == "Unhandled"
    assert "no_such_handler" in answer["errorMessage"]


def test_an_answer_that_is_no_json(invoke):
    answer, _ = invoke("echo", {"unserialisable": True})
    assert answer["errorType"] == "Runtime.MarshalError"


def test_an_event_invocation_returns_at_once(local, invoke):
    response = local.client("lambda").invoke(
        FunctionName="tiny-echo", InvocationType="Event", Payload=b'{"sleep": 0.3}'
    )
    assert response["StatusCode"] == 202


def test_an_unknown_function(local):
    client = local.client("lambda")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName="nobody", Payload=b"{}")


def test_an_event_beyond_lambdas_limit(local):
    client = local.client("lambda")
    with pytest.raises(client.exceptions.RequestTooLargeException):
        client.invoke(FunctionName="tiny-echo", Payload=b'"' + b"x" * 6_300_000 + b'"')


def test_what_a_function_prints_is_in_its_log_group(local, invoke):
    invoke("echo", 1)
    logs = local.client("logs")

    def printed() -> list[str]:
        try:  # the group comes with the first line, which comes after the answer
            events = logs.filter_log_events(logGroupName="/aws/lambda/tiny-echo")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in events]

    until(printed, lambda messages: "echo was here" in messages)


def code(text: str) -> bytes:
    """A deployment package with one module, `mine`."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("mine.py", text)
    return data.getvalue()


@pytest.fixture
def create(local):
    """Create a function over the API, as a program does: its name."""
    iam, client = local.client("iam"), local.client("lambda")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}

    def call(text: str, **more) -> str:
        name = unique("mine")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
        given = {"Runtime": "python3.12", "Handler": "mine.handler", "Code": {"ZipFile": code(text)}} | more
        client.create_function(FunctionName=name, Role=role["Role"]["Arn"], **given)
        return name

    return call


def test_a_function_that_a_program_creates_runs_like_the_templates(local, create):
    text = "import os\ndef handler(event, context):\n    return [event, os.environ['SAID'], os.getpid()]\n"
    client = local.client("lambda")
    name = create(text, Environment={"Variables": {"SAID": "hello"}})

    def answer() -> list:
        return json.load(client.invoke(FunctionName=name, Payload=b"1")["Payload"])

    first = answer()
    assert first[:2] == [1, "hello"] and answer() == first  # the worker is kept
    client.update_function_code(FunctionName=name, ZipFile=code("def handler(event, context): return 'new'"))
    assert answer() == "new"


def test_a_buckets_notification_calls_the_function_that_a_program_created(local, create):
    s3, bucket, answers = local.client("s3"), unique("inbox"), unique("answers")
    copy = f"""import boto3
def handler(event, context):
    key = event["Records"][0]["s3"]["object"]["key"]
    boto3.client("s3").put_object(Bucket="{answers}", Key=key, Body=b"seen")
"""
    name = create(copy, Timeout=30)
    for one in (bucket, answers):
        s3.create_bucket(Bucket=one)
    target = {
        "LambdaFunctionArn": local.account.arn("lambda", f"function:{name}"),
        "Events": ["s3:ObjectCreated:*"],
    }
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [target]}
    )
    s3.put_object(Bucket=bucket, Key="event.json", Body=b"{}")
    until(lambda: s3.list_objects_v2(Bucket=answers).get("KeyCount"), lambda count: count == 1)


def test_a_function_in_another_language_is_refused_by_name(local, create):
    client = local.client("lambda")
    name = create("", Runtime="nodejs22.x", Handler="index.handler")
    with pytest.raises(client.exceptions.InvalidRuntimeException, match=f"{name} is made of nodejs22.x"):
        client.invoke(FunctionName=name, Payload=b"{}")


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
