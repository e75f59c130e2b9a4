"""The operations of a service through boto3, as the domain calls them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.connection import Connection
from tastemaker.declaration.file.api import ApiError


class BotoApi:
    """An `Api` of the endpoint of a connection."""

    def __init__(self, connection: Connection) -> None:
        self._client = connection.client("personalize")
        self._names = {name: method for method, name in self._client.meta.method_to_api_mapping.items()}

    def call(self, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The response of an operation. Raises ApiError."""
        from botocore.exceptions import ClientError, ParamValidationError

        try:
            answer: dict[str, Any] = getattr(self._client, self._names[operation])(**request)
        except ParamValidationError as error:  # a member that this service does not have
            raise ApiError("ValidationException", str(error)) from None
        except ClientError as error:
            found = error.response.get("Error", {})
            raise ApiError(str(found.get("Code", "")), str(found.get("Message", error))) from None
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    def accepts(self, operation: str, member: str) -> bool:
        """Whether the service model has a member: Amazon Personalize lacks some of ours."""
        model = self._client.meta.service_model.operation_model(operation)
        return member in model.input_shape.members
