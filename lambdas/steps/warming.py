"""Have the runtime function load a model before it is put into service."""

import json
from collections.abc import Mapping
from typing import Any


class WarmingError(Exception):
    """The runtime function could not load the model; the message says why."""


def warm(client: Any, function: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Invoke the runtime function with `{"warm": request}` and answer what it says. Raises WarmingError."""
    answer = client.invoke(FunctionName=function, Payload=json.dumps({"warm": request}).encode())
    payload = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError"):
        said = payload.get("errorMessage") if isinstance(payload, dict) else payload
        raise WarmingError(f"The model could not be loaded: {said}")
    return payload if isinstance(payload, dict) else {}
