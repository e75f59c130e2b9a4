"""Operations on models and texts: the generation function answers them, because it opens models."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.support.clients import client
from lambdas.support.http import Operation
from tastemaker.errors import ServiceUnavailable, TastemakerError

CONFIG = Config(
    connect_timeout=2,
    # An HTTP API gives up after 29 seconds. A second call would only double the texts.
    read_timeout=27,
    retries={"mode": "standard", "total_max_attempts": 1},
    tcp_keepalive=True,
)
OPERATIONS = (
    *("DescribeModel", "DescribeTaste", "DescribeUser", "ExplainRecommendations", "FindItems", "FindUsers"),
    *("GenerateMessage", "GetDataInsights", "SummarizeItem"),
)

Invoke = Callable[[dict[str, Any]], dict[str, Any]]
"""Event → answer of the generation function."""


def text_operations(invoke: Invoke) -> dict[str, Operation]:
    """Operation name → function, for each operation that the generation function answers."""

    def forwarded(operation: str) -> Operation:
        def run(params: dict[str, Any]) -> Mapping[str, Any]:
            answer = invoke({"operation": operation, "params": params})
            if "error" in answer:
                raise _error(answer)
            output: Mapping[str, Any] = answer["output"]
            return output

        return run

    return {operation: forwarded(operation) for operation in OPERATIONS}


def invoke_function(name: Callable[[], str]) -> Invoke:
    """Calls of the function that `name` returns. Raises ServiceUnavailable if it does not answer in time."""

    def invoke(event: dict[str, Any]) -> dict[str, Any]:
        lambda_client = client("lambda", CONFIG)
        try:
            answer = lambda_client.invoke(FunctionName=name(), Payload=json.dumps(event).encode())
        except (ClientError, BotoCoreError) as error:
            raise ServiceUnavailable(f"The model did not answer in time: {error}") from error
        payload: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise RuntimeError(f"The generation function failed: {payload.get('errorMessage')}")
        return payload

    return invoke


def _error(answer: Mapping[str, Any]) -> TastemakerError:
    """The error of the domain that the function has answered with."""
    error = TastemakerError(answer["message"])
    error.code, error.status = answer["error"], answer["status"]
    return error
