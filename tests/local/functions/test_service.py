"""Lambda: workers, errors in Lambda's shape, limits."""

from __future__ import annotations

import pytest

from tests.local.conftest import until


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
