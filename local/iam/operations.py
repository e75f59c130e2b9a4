"""Finds the AWS operation of a request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

import botocore.session

from local.http.messages import Request

# Signing names whose botocore model has another name.
_MODELS = {
    "bedrock": "bedrock-runtime",
    "states": "stepfunctions",
    "monitoring": "cloudwatch",
    "email": "ses",
}
_RPC = re.compile(r"/service/[^/]+/operation/(\w+)")


@dataclass(frozen=True)
class Operation:
    """An operation, named as in the model of the service. `uri` has the labels of its path."""

    service: str  # as in the scope of the signature
    name: str
    uri: dict[str, str]


def operation(request: Request) -> Operation | None:
    """The operation of a signed request; None if it is unknown. `s3_permissions.py` covers S3."""
    if request.credential is None:
        return None
    service = request.credential[2]
    if target := request.headers.get("x-amz-target"):
        return Operation(service, target.rsplit(".", 1)[-1], {})
    if called := _RPC.fullmatch(request.raw_path):
        return Operation(service, called.group(1), {})
    if action := request.form.get("Action"):
        return Operation(service, action, {})
    for method, pattern, name in _routes(service):
        if method == request.method and (found := pattern.fullmatch(request.raw_path)):
            return Operation(service, name, {key: unquote(value) for key, value in found.groupdict().items()})
    return None


@lru_cache(maxsize=32)
def _routes(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    """(method, path, operation) of each operation of a REST service, the most specific paths first."""
    name = _MODELS.get(service, service)
    session = botocore.session.get_session()
    if name not in session.get_available_services():
        return []
    model = session.get_service_model(name)
    found = []
    for operation_name in model.operation_names:
        http = model.operation_model(operation_name).http
        path = http["requestUri"].partition("?")[0]
        found.append((path.count("{"), http["method"], _path(path), operation_name))
    return [
        (method, pattern, operation_name) for _, method, pattern, operation_name in sorted(found, key=_order)
    ]


def _order(route: tuple[int, str, re.Pattern[str], str]) -> tuple[int, str]:
    return route[0], route[3]


def _path(template: str) -> re.Pattern[str]:
    """`/functions/{FunctionName}/invocations` as a pattern with a group for each label."""
    parts = re.split(r"(\{\w+\+?\})", template.rstrip("/"))
    pattern = "".join(
        f"(?P<{part[1:-1].rstrip('+')}>{'.+' if part.endswith('+}') else '[^/]+'})"
        if part[:1] == "{"
        else re.escape(part)
        for part in parts
    )
    return re.compile(pattern + "/?")
