"""Calls of the generation function: its outputs, its errors, and what happens when it fails."""

import json
from collections.abc import Iterator

import pytest

from lambdas.control.text_operations import OPERATIONS, invoke_function, text_operations
from tastemaker.errors import ServiceUnavailable, TastemakerError
from tests.contract.server import Answering, listening


class GenerationFunction:
    """A server in place of Lambda. It keeps requests, and returns `answer` with `headers`."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict]] = []
        self.answer: object = {"output": {"text": "written"}}
        self.status, self.headers = 200, {}


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[GenerationFunction]:
    found = GenerationFunction()

    class Handler(Answering):
        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found.requests.append((self.path, json.loads(body)))
            self.answer(found.status, json.dumps(found.answer).encode(), found.headers)

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    with listening(Handler) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", endpoint)
        yield found


@pytest.fixture
def operations():
    return text_operations(invoke_function(lambda: "tastemaker-dev-generation"))


def test_each_operation_is_forwarded_with_its_parameters(function, operations):
    assert set(operations) == set(OPERATIONS)
    assert operations["DescribeTaste"]({"userId": "ann"}) == {"text": "written"}
    assert function.requests == [
        (
            "/2015-03-31/functions/tastemaker-dev-generation/invocations",
            {"operation": "DescribeTaste", "params": {"userId": "ann"}},
        )
    ]


def test_error_of_the_function_keeps_its_code_and_status(function, operations):
    function.answer = {"error": "ResourceNotFoundException", "message": "It does not exist.", "status": 404}
    with pytest.raises(TastemakerError) as raised:
        operations["FindItems"]({})
    error = raised.value
    assert (error.code, error.message, error.status) == (
        "ResourceNotFoundException",
        "It does not exist.",
        404,
    )


def test_function_that_fails_is_an_internal_failure(function, operations):
    function.headers, function.answer = {"X-Amz-Function-Error": "Unhandled"}, {"errorMessage": "no memory"}
    with pytest.raises(RuntimeError, match="no memory"):
        operations["FindItems"]({})


def test_throttled_call_is_unavailable_and_not_repeated(function, operations):
    function.status, function.answer = 429, {"message": "Rate Exceeded."}
    function.headers = {"x-amzn-ErrorType": "TooManyRequestsException"}
    with pytest.raises(ServiceUnavailable, match="did not answer in time"):
        operations["FindItems"]({})
    assert len(function.requests) == 1
