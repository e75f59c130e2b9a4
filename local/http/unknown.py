"""Answers to requests for a service or an operation that the local run does not have.

AWS answers an unknown operation with 400, or with 404 if the path says which operation is meant, and SDKs do
not repeat such a request. The form of the error is that of the service's protocol.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from xml.sax.saxutils import escape

import botocore.session
from moto.backends import list_of_moto_modules

from local.http.messages import Request, Response

OWN_SERVICES = ("personalize", "personalize-events", "personalize-runtime", "tastemaker")
EXAMPLES = "dynamodb, iam, kinesis, s3, sagemaker, states"
CODE = "UnknownOperationException"


class UnknownServiceError(Exception):
    """Nothing here plays the service for which a request is signed."""


def unknown_service(request: Request) -> Response:
    """The answer to a request for a service that the local run does not have."""
    service = request.credential[2] if request.credential else "(unsigned)"
    served = sorted({*OWN_SERVICES, *list_of_moto_modules()})
    near = get_close_matches(service, served, 3)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    others = len(served) - len(OWN_SERVICES)
    return _refused(
        request,
        f"The local run has no service {service!r}.{hint} It serves {', '.join(OWN_SERVICES)}, OpenSearch's "
        f"API at /search, and {others} services of AWS that moto plays, such as {EXAMPLES}.",
    )


def is_unknown_path(response: Response) -> bool:
    """Whether moto's web framework has answered, because no operation has the path."""
    return response.status in (404, 405) and response.body.startswith(b"<!doctype html>")


def unknown_operation(request: Request, name: object) -> Response:
    """The answer to a request for an operation that moto does not have."""
    service = request.credential[2] if request.credential else "(unsigned)"
    return _refused(
        request,
        f"moto, which plays {service} here, does not know this operation: {name}. On AWS it may exist.",
    )


def _refused(request: Request, message: str) -> Response:
    protocol = _protocol(request.credential[2]) if request.credential else ""
    if request.form or protocol in ("query", "ec2", "rest-xml"):
        code = "InvalidAction" if request.form else CODE
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        body = error if protocol == "rest-xml" else f"<ErrorResponse>{error}</ErrorResponse>"
        return Response(400 if request.form else 404, [("Content-Type", "text/xml")], body.encode())
    status = 400 if request.headers.get("x-amz-target") else 404
    return Response.of_json(status, {"__type": CODE, "message": message}, x_amzn_errortype=CODE)


@cache
def _protocol(service: str) -> str:
    """The protocol of a service by its model; empty if botocore does not know it."""
    session = botocore.session.get_session()
    if service not in session.get_available_services():
        return ""
    return str(session.get_service_model(service).metadata.get("protocol", ""))
