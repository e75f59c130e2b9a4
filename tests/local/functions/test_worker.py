"""What a handler sees, and how its errors look to the caller."""

from __future__ import annotations


def test_handler_gets_its_event_context_and_environment(local, invoke):
    answer, error = invoke("echo", {"a": 1})
    assert error is None
    assert answer["event"] == {"a": 1}
    assert answer["greeting"] == "hello"
    assert answer["function"] == "tiny-echo"
    assert answer["arn"] == local.account.arn("lambda", "function:tiny-echo")
    assert 0 < answer["remaining"] <= 5000
    assert answer["endpoint"] == local.endpoint


def test_function_has_the_credentials_of_its_own_role(invoke):
    answer, _ = invoke("echo", "who")
    assert ":assumed-role/tiny-PlainRole-" in answer["who"]


def test_exception_is_reported_in_the_format_of_lambda(invoke):
    answer, error = invoke("fail", {})
    assert error == "Unhandled"
    assert answer["errorType"] == "TeapotError"
    assert answer["errorMessage"] == "I am short and stout"
    assert "in fail" in answer["stackTrace"][0]


def test_timeout_ends_the_worker_and_is_reported(invoke):
    answer, error = invoke("slow", {})  # its handler would take 30 seconds
    assert (error, answer["errorType"]) == ("Unhandled", "Sandbox.Timedout")
    assert "Task timed out after 1.00 seconds" in answer["errorMessage"]


def test_worker_that_exits_is_reported_and_replaced(invoke):
    for _ in range(2):
        answer, _ = invoke("leave", {})
        assert answer["errorType"] == "Runtime.ExitError"
        assert "exit status 7" in answer["errorMessage"]


def test_handler_that_cannot_be_loaded_is_an_error_with_its_name(invoke):
    answer, error = invoke("no_such_handler", {})
    assert error == "Unhandled"
    assert "no_such_handler" in answer["errorMessage"]


def test_answer_that_is_not_json_is_a_marshal_error(invoke):
    answer, _ = invoke("echo", {"unserializable": True})
    assert answer["errorType"] == "Runtime.MarshalError"
