"""Lambda: workers, errors in Lambda's shape, limits."""

from __future__ import annotations

import pytest

from tests.local.conftest import until


def test_asynchronous_invocation_returns_before_the_function_ends(local, invoke):
    response = local.client("lambda").invoke(
        FunctionName="tiny-echo", InvocationType="Event", Payload=b'{"sleep": 0.3}'
    )
    assert response["StatusCode"] == 202


def test_unknown_function_is_not_found(local):
    client = local.client("lambda")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName="nobody", Payload=b"{}")


def test_event_larger_than_the_limit_of_lambda_is_refused(local):
    client = local.client("lambda")
    with pytest.raises(client.exceptions.RequestTooLargeException):
        client.invoke(FunctionName="tiny-echo", Payload=b'"' + b"x" * 6_300_000 + b'"')


def test_output_of_a_function_is_in_its_log_group(local, invoke):
    invoke("echo", 1)
    logs = local.client("logs")

    def printed() -> list[str]:
        try:  # the group comes with the first line, which comes after the answer
            events = logs.filter_log_events(logGroupName="/aws/lambda/tiny-echo")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in events]

    until(printed, lambda messages: "echo was here" in messages)
