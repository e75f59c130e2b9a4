"""Warming: the runtime function loads a model before it is put in service."""

import json
from typing import Any

from tastemaker.contracts.plans import WarmRequest


class WarmingError(Exception):
    """The runtime function could not load the model; the message has the reason."""


def warm(client: Any, function: str, request: WarmRequest) -> dict[str, Any]:
    """Invoke the runtime function with `{"warm": request}` and return its answer. Raises WarmingError.

    `client` is a client of Lambda.
    """
    answer = client.invoke(FunctionName=function, Payload=json.dumps({"warm": request}).encode())
    payload = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError"):
        reason = payload.get("errorMessage") if isinstance(payload, dict) else payload
        raise WarmingError(f"The model could not be loaded: {reason}")
    return payload if isinstance(payload, dict) else {}
