"""API Gateway HTTP API events (payload format 2.0) → one service's operations → results."""

import base64
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from lambdas.support.observability import logger
from tastemaker.errors import NotServedYet, TastemakerError
from tastemaker.wire import Response, Service

Operation = Callable[[dict[str, Any]], Mapping[str, Any] | None]
"""Validated parameters → the result in the output shape's member names (None where there is no output)."""


def serve(service: Service, event: Mapping[str, Any], operations: Mapping[str, Operation]) -> dict[str, Any]:
    """Answer one HTTP request. Never raises: domain errors become the service's errors, anything else an
    InternalServerError with the request's id, and the log has the rest.
    """
    context = event.get("requestContext", {})
    request_id = context.get("requestId") or str(uuid4())
    operation = None
    try:
        operation = service.route(method_of(event), path_of(event), event.get("headers") or {})
        run = operations.get(operation)
        if run is None:
            raise NotServedYet(
                f"{operation} is part of {service.name}, but this release of Tastemaker does not serve it."
            )
        response = service.serialize(operation, run(service.parse(operation, body_of(event))))
    except TastemakerError as error:
        logger.info("refused", extra={"operation": operation, "code": error.code, "reason": error.message})
        response = service.error(error, operation)
    except Exception as error:
        logger.exception("failed", extra={"operation": operation, "request_id": request_id})
        response = service.error(error, operation)
    return _result(response, request_id)


def account_of(event: Mapping[str, Any], context: Any) -> str:
    """The account that answers: the function's own, or the HTTP event's where there is no Lambda context."""
    arn = getattr(context, "invoked_function_arn", "") or ""
    return arn.split(":")[4] if arn.count(":") >= 6 else event["requestContext"]["accountId"]


def method_of(event: Mapping[str, Any]) -> str:
    return event.get("requestContext", {}).get("http", {}).get("method", "POST")


def path_of(event: Mapping[str, Any]) -> str:
    """The path without the stage, which a stage other than $default puts in front."""
    path, stage = event.get("rawPath") or "/", event.get("requestContext", {}).get("stage", "$default")
    prefix = f"/{stage}"
    if path == prefix or path.startswith(f"{prefix}/"):
        return path[len(prefix) :] or "/"
    return path


def body_of(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()


def _result(response: Response, request_id: str) -> dict[str, Any]:
    headers = {**response.headers, "x-amzn-requestid": request_id}
    return {
        "statusCode": response.status,
        "headers": headers,
        "body": response.body,
        "isBase64Encoded": False,
    }
