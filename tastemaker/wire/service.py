"""One service on the wire: it routes requests, parses them, and serializes results and errors."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.model import OperationModel, ServiceModel

from tastemaker import documents
from tastemaker.errors import AccessDenied, InvalidInput, MalformedRequest, TastemakerError, UnknownOperation
from tastemaker.wire.models import service_model
from tastemaker.wire.parsing import read
from tastemaker.wire.serialization import write, write_headers


@dataclass(frozen=True)
class Response:
    """An HTTP response. `body` is text, and empty for operations without output."""

    status: int
    headers: dict[str, str]
    body: str


class Service:
    """One of `wire.models.SERVICES`.

    `personalize` and `tastemaker` speak JSON 1.1, `personalize-runtime` and `personalize-events` REST-JSON.
    """

    def __init__(self, name: str, load: Callable[[str], ServiceModel] = service_model) -> None:
        """`load` returns the model of a service. It is called when the model is first needed."""
        self.name = name
        self._load = load

    @cached_property
    def _model(self) -> ServiceModel:
        return self._load(self.name)

    @cached_property
    def _rest(self) -> bool:
        return bool(self._model.metadata["protocol"] == "rest-json")

    @cached_property
    def _content_type(self) -> str:
        return (
            "application/json"
            if self._rest
            else f"application/x-amz-json-{self._model.metadata['jsonVersion']}"
        )

    @cached_property
    def _target_prefix(self) -> str:
        return str(self._model.metadata["targetPrefix"])

    @cached_property
    def _by_route(self) -> dict[tuple[str, str], str]:
        models = (self._model.operation_model(name) for name in self._model.operation_names)
        return {(model.http["method"], model.http["requestUri"]): model.name for model in models}

    @property
    def operations(self) -> list[str]:
        """The names of all operations in the model."""
        return list(self._model.operation_names)

    def operation(self, name: str) -> OperationModel:
        """The botocore model of one operation."""
        return self._model.operation_model(name)

    def owns_target(self, headers: Mapping[str, str]) -> bool:
        """Whether `X-Amz-Target` names an operation of this JSON 1.1 service, known or unknown."""
        return _target(headers).rpartition(".")[0] == self._target_prefix

    def route(self, method: str, path: str, headers: Mapping[str, str]) -> str:
        """The operation's name, from `X-Amz-Target` or from method and path. Raises UnknownOperation."""
        if self._rest:
            return self._route_by_path(method, path)
        operation = _target(headers).rpartition(".")[2]
        if not operation or not self.owns_target(headers):
            raise UnknownOperation(
                f"X-Amz-Target must be {self._target_prefix}.<operation>, not {_target(headers)!r}."
            )
        if operation not in self._model.operation_names:
            raise UnknownOperation(f"{self.name} has no operation {operation}.")
        return operation

    def _route_by_path(self, method: str, path: str) -> str:
        operation = self._by_route.get((method.upper(), path.rstrip("/") or "/"))
        if operation is None:
            known = ", ".join(f"{verb} {uri}" for verb, uri in sorted(self._by_route))
            raise UnknownOperation(f"{self.name} has no {method} {path}; it has {known}.")
        return operation

    def parse(self, operation: str, body: bytes | str) -> dict[str, Any]:
        """The request's parameters, validated. Raises MalformedRequest or InvalidInput."""
        try:
            document = documents.parse(body) if body.strip() else {}
        except ValueError as error:
            raise MalformedRequest(f"The body of {operation} is not JSON: {error}") from None
        if not isinstance(document, dict):
            raise MalformedRequest(f"The body of {operation} must be a JSON object.")
        shape = self.operation(operation).input_shape
        return read(document, shape) if shape is not None else {}

    def serialize(self, operation: str, result: Mapping[str, Any] | None) -> Response:
        """The response to a successful operation.

        The body is empty if the model has no output. Members that the model binds to a header are in the
        headers, all others are in the body.
        """
        shape = self.operation(operation).output_shape
        if shape is None:
            return Response(200, {"content-type": self._content_type}, "")
        result = result or {}
        headers = {"content-type": self._content_type, **write_headers(result, shape)}
        return Response(200, headers, _dump(write(result, shape)))

    def error(self, error: Exception, operation: str | None = None) -> Response:
        """The response to an operation that failed with `error`.

        An error that is not a TastemakerError becomes InternalServerError, and its text stays internal. An
        error code of the service that the model does not list for `operation` becomes InvalidInputException,
        because clients are generated from the model. PutEvents, for example, lists only that one.
        """
        code, status, message = "InternalServerError", 500, "The request failed for an internal reason."
        if isinstance(error, TastemakerError):
            code, status, message = error.code, error.status, error.message
        if isinstance(error, AccessDenied) and not self._rest:
            status = 400
        if code in self._modeled:
            listed = {shape.name for shape in self.operation(operation).error_shapes} if operation else {code}
            if code not in listed:
                code = InvalidInput.code
            status = self._modeled.get(code, 400)
        headers = {"content-type": self._content_type, "x-amzn-errortype": code}
        return Response(status, headers, _dump({"__type": code, "message": message}))

    @cached_property
    def _modeled(self) -> dict[str, int]:
        """Error code → HTTP status, for all errors in the model. Errors without a status there have 400."""
        shapes = {
            shape.name: shape for name in self.operations for shape in self.operation(name).error_shapes
        }
        return {
            name: shape.metadata.get("error", {}).get("httpStatusCode", 400) for name, shape in shapes.items()
        }


def _target(headers: Mapping[str, str]) -> str:
    return next((value for name, value in headers.items() if name.lower() == "x-amz-target"), "")


_dump = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
