"""HTTP requests of API Gateway (payload format 2.0) → operations of one service → responses."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from uuid import uuid4

from lambdas.support import observability
from tastemaker.errors import NotServedYet, TastemakerError
from tastemaker.wire import Response, Service

LARGEST_ESCAPE = 6
"""The bytes that JSON needs for one character at most: `\\u0000`."""

Operation = Callable[[dict[str, Any]], Mapping[str, Any] | None]
"""Validated parameters → the members of the output, or None for an operation without output."""


@dataclass(slots=True)
class Served:
    """A request that has been answered.

    `operation` is None if the request has none, `params` is empty if they are not valid. `error` is the code
    of the error and `reason` its message, which may repeat parts of the request.
    """

    event: Mapping[str, Any]
    request_id: str
    operation: str | None = None
    params: Mapping[str, Any] | None = None
    output: Mapping[str, Any] | None = None
    status: int = 500
    error: str | None = None
    reason: str | None = None
    milliseconds: float = 0.0


def serve(
    service: Service,
    event: Mapping[str, Any],
    operations: Mapping[str, Operation],
    check: Callable[[str, Mapping[str, Any]], None] | None,
    *,
    finish: Callable[[Served], None] | None = None,
) -> dict[str, Any]:
    """The response to one HTTP request. Never raises.

    `check` takes the operation and its parameters, and raises AccessDenied if the caller may not do this. It
    is None if the stage does not authorize callers (`lambdas.support.authorization`). `finish` is called with
    what was served, for metrics and audit logs.

    Errors of the domain become errors of the service. Any other error becomes an InternalServerError with the
    id of the request, and the log has the details.
    """
    context = event.get("requestContext", {})
    served = Served(event, context.get("requestId") or str(uuid4()))
    started, operation = perf_counter(), None
    try:
        served.operation = operation = service.route(
            method_of(event), path_of(event), event.get("headers") or {}
        )
        run = operations.get(operation)
        if run is None:
            raise NotServedYet(
                f"{operation} is part of {service.name}, but this release of Tastemaker does not serve it."
            )
        served.params = params = service.parse(operation, body_of(event))
        if check is not None:
            check(operation, params)
        served.output = output = run(params)
        response = service.serialize(operation, output)
    except TastemakerError as error:
        served.error, served.reason = error.code, error.message
        observability.log_refusal(error.message, operation=operation, code=error.code)
        response = service.error(error, operation)
    except Exception as error:
        served.error = "InternalServerError"
        observability.log_exception("failed", operation=operation, request_id=served.request_id)
        response = service.error(error, operation)
    if finish is not None:
        served.status, served.milliseconds = response.status, (perf_counter() - started) * 1000
        finish(served)
    return _result(response, served.request_id)


def account_of(event: Mapping[str, Any], context: Any) -> str:
    """The account of the function, or that of the HTTP event if there is no Lambda context."""
    arn = getattr(context, "invoked_function_arn", "") or ""
    return str(arn.split(":")[4] if arn.count(":") >= 6 else event["requestContext"]["accountId"])


def method_of(event: Mapping[str, Any]) -> str:
    """The HTTP method of a request."""
    return str(event.get("requestContext", {}).get("http", {}).get("method", "POST"))


def path_of(event: Mapping[str, Any]) -> str:
    """The path of a request without the name of the stage, which comes first unless it is $default."""
    path, stage = event.get("rawPath") or "/", event.get("requestContext", {}).get("stage", "$default")
    prefix = f"/{stage}"
    if path == prefix or path.startswith(f"{prefix}/"):
        return path[len(prefix) :] or "/"
    return path


def body_of(event: Mapping[str, Any]) -> bytes:
    """The body of a request."""
    body = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()


def result_bytes(result: Mapping[str, Any], limit: int) -> int:
    """The bytes that Lambda's runtime makes of a result, or fewer if they are below `limit` in any case."""
    body: str = result["body"]
    if LARGEST_ESCAPE * len(body) < limit:
        return len(body)
    return len(json.dumps(result, ensure_ascii=False).encode())


def _result(response: Response, request_id: str) -> dict[str, Any]:
    headers = {**response.headers, "x-amzn-requestid": request_id}
    return {
        "statusCode": response.status,
        "headers": headers,
        "body": response.body,
        "isBase64Encoded": False,
    }
