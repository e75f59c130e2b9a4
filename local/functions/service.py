"""Lambda's Invoke operation on the workers."""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from local.functions.concurrency import Concurrency, ThrottledError
from local.functions.created import CreatedFunctions, UnsupportedFunctionError
from local.functions.pool import FunctionPool
from local.functions.worker import Outcome
from local.http.messages import Request, Response

_INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations/?")
MAX_REQUEST_BYTES = {"RequestResponse": 6 * 1024 * 1024, "Event": 1024 * 1024}
_ASYNC_RETRIES = 2  # AWS's default for asynchronous invocations
_THROTTLED_SECONDS = (0.5, 1.0, 2.0, 5.0)  # AWS waits 1 second at first, and up to 5 minutes


class UnknownFunctionError(KeyError):
    """No function has this name or ARN."""


class Functions:
    """All functions, by name or ARN: those of the template, and those that programs have created."""

    def __init__(
        self, pools: Mapping[str, FunctionPool], created: CreatedFunctions, concurrency: Concurrency
    ) -> None:
        self._pools = dict(pools)
        self._created = created
        self._concurrency = concurrency
        self._stopped = threading.Event()

    def names(self) -> list[str]:
        """The names of the template's functions."""
        return list(self._pools)

    def pool(self, name: str) -> FunctionPool:
        """The pool of a function by name, partial or full ARN, with or without a qualifier.

        Raises UnknownFunctionError, UnsupportedFunctionError.
        """
        parts = name.split(":")
        plain = parts[6] if name.startswith("arn:") and len(parts) > 6 else parts[0]
        found = self._pools.get(plain) or self._created.pool(plain)
        if found is None:
            raise UnknownFunctionError(name)
        return found

    def invoke(self, name: str, event: Any, request_id: str | None = None) -> Outcome:
        """Run a function once. The outcome is `throttled` if its concurrency is exhausted."""
        pool = self.pool(name)
        try:
            with self._concurrency.invocation(pool.spec.name):
                return pool.invoke(event, request_id or str(uuid.uuid4()))
        except ThrottledError as error:
            return Outcome.throttle(str(error))

    def invoke_event(self, name: str, event: Any, request_id: str | None = None) -> None:
        """Run a function as an asynchronous invocation: two retries after errors, more after throttling.

        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
        """
        attempts = throttled = 0
        while attempts <= _ASYNC_RETRIES:
            outcome = self.invoke(name, event, request_id)
            if not outcome.failed:
                return
            if not outcome.throttled:
                attempts += 1
                continue
            seconds = _THROTTLED_SECONDS[min(throttled, len(_THROTTLED_SECONDS) - 1)]
            throttled += 1
            if self._stopped.wait(seconds):
                return

    def replace_workers(self) -> None:
        """Kill all workers. New ones remember nothing."""
        for pool in [*self._pools.values(), *self._created.pools()]:
            pool.replace()

    def stop(self) -> None:
        """Kill all workers."""
        self._stopped.set()
        pools = [*self._pools.values(), *self._created.pools()]
        threads = [threading.Thread(target=pool.close) for pool in pools]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def is_invoke(request: Request) -> bool:
    """Whether a request is Lambda's Invoke operation."""
    return request.method == "POST" and _INVOKE.fullmatch(request.raw_path) is not None


def serve_invoke(functions: Functions, request: Request) -> Response:
    """Answer an Invoke request (RequestResponse, Event or DryRun)."""
    found = _INVOKE.fullmatch(request.raw_path)
    assert found is not None
    name = unquote(found.group(1))
    invocation_type = request.headers.get("x-amz-invocation-type", "RequestResponse")
    try:
        functions.pool(name)
    except UnknownFunctionError:
        return _error(404, "ResourceNotFoundException", f"Function not found: {name}")
    except UnsupportedFunctionError as error:
        return _error(502, "InvalidRuntimeException", str(error))
    if invocation_type == "DryRun":
        return Response(204)
    limit = MAX_REQUEST_BYTES.get(invocation_type, 0)
    if len(request.body) > limit:
        return _error(413, "RequestTooLargeException", f"Request must be smaller than {limit} bytes")
    try:
        event = json.loads(request.body or b"{}")
    except ValueError as error:
        return _error(
            400, "InvalidRequestContentException", f"Could not parse request body into json: {error}"
        )
    request_id = str(uuid.uuid4())
    headers = [("x-amzn-RequestId", request_id), ("Content-Type", "application/json")]
    if invocation_type == "Event":
        threading.Thread(target=functions.invoke_event, args=(name, event, request_id), daemon=True).start()
        return Response(202, headers)
    outcome = functions.invoke(name, event, request_id)
    if outcome.throttled:
        headers.append(("x-amzn-ErrorType", "TooManyRequestsException"))
        return Response(429, headers, outcome.payload.encode())
    headers.append(("X-Amz-Executed-Version", "$LATEST"))
    if outcome.failed:
        headers.append(("X-Amz-Function-Error", "Unhandled"))
    return Response(200, headers, outcome.payload.encode())


def _error(status: int, code: str, message: str) -> Response:
    return Response.of_json(
        status, {"Type": "User", "Message": message, "__type": code}, x_amzn_ErrorType=code
    )
