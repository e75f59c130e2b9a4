"""Warming: the runtime function loads a model before it is put in service.

`function` is what the API invokes: the alias, if environments are provisioned. Lambda sends requests that run
at the same time to different environments, so as many requests as there are provisioned environments reach
all of them. Environments on demand fetch a new model after the first request that needs it.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tastemaker.contracts.plans import WarmRequest


class WarmingError(Exception):
    """The runtime function could not load the model; the message has the reason."""


MAX_REQUESTS = 100
"""Requests at the same time. Other environments fetch the model by themselves."""


def warm(client: Any, function: str, request: WarmRequest, environments: int = 1) -> dict[str, Any]:
    """Load a model in `environments` environments, and return the answer of one. Raises WarmingError.

    `client` is a client of Lambda.
    """
    count = min(max(environments, 1), MAX_REQUESTS)
    with ThreadPoolExecutor(count) as pool:
        answers = list(pool.map(lambda _: _warm_one(client, function, request), range(count)))
    return answers[0]


def _warm_one(client: Any, function: str, request: WarmRequest) -> dict[str, Any]:
    answer = client.invoke(FunctionName=function, Payload=json.dumps({"warm": request}).encode())
    payload = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError"):
        reason = payload.get("errorMessage") if isinstance(payload, dict) else payload
        raise WarmingError(f"The model could not be loaded: {reason}")
    return payload if isinstance(payload, dict) else {}
