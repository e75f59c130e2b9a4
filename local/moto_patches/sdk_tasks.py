"""Tasks `arn:aws:states:::aws-sdk:<service>:<action>` with names as Step Functions spells them.

Step Functions starts every member name with a capital letter, in parameters and in results. It writes
services without hyphens, and prefixes errors with the service: `{"DatasetGroupArn": …}`,
`aws-sdk:personalizeruntime`, `Personalize.ResourceNotFoundException`. moto does not translate names, so it
cannot call services whose models spell members with a small first letter, such as Personalize.
https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)

_SESSION = botocore.session.Session()
_NAMES = {
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "eventbridge": "events",
    "sfn": "stepfunctions",
    "states": "stepfunctions",
}
"""Services whose name in Step Functions is not boto3's without hyphens."""


class SdkTask(StateTaskServiceAwsSdk):
    """moto's task, with names translated both ways by the model of the service."""

    def _get_boto_service_name(self, boto_service_name: str | None = None) -> str:
        return service_model(boto_service_name or self.resource.api_name).service_name

    def _normalise_parameters(self, parameters: dict[str, Any], *_: Any, **__: Any) -> None:
        replace_content(parameters, to_request(parameters, self._operation().input_shape))

    def _normalise_response(self, response: Any, *_: Any, **__: Any) -> None:
        if isinstance(response, dict):
            replace_content(response, to_result(response, self._operation().output_shape))

    def _normalise_service_error_name(self, service_name: str) -> str:  # type: ignore[override]
        return error_prefix(service_name)

    def _operation(self) -> Any:
        action = self.resource.api_action
        return service_model(self.resource.api_name).operation_model(action[0].upper() + action[1:])


@cache
def service_model(name: str) -> ServiceModel:
    """The model of a service by Step Functions' name for it. Raises ValueError if there is none."""
    name = _NAMES.get(name.lower(), name.lower())
    for service in _SESSION.get_available_services():
        if service.replace("-", "") == name.replace("-", ""):
            return _SESSION.get_service_model(service)
    raise ValueError(f"aws-sdk has no service {name}")


def error_prefix(service: str) -> str:
    """The prefix of a service's errors, such as PersonalizeRuntime, DynamoDb, Sfn or S3."""
    model = service_model(service)
    if model.service_name == "dynamodb":
        return "DynamoDb"
    words = str(model.service_id).split()
    return "".join(word.capitalize() if word.isupper() and word.isalpha() else word for word in words)


def to_request(value: Any, shape: Shape | None) -> Any:
    """A task's parameters as the service's model spells them; JSON where the service takes text."""
    match shape:
        case StructureShape() if isinstance(value, dict):
            members = {name.lower(): (name, member) for name, member in shape.members.items()}
            found = {key: members.get(key.lower(), (key, None)) for key in value}
            return {found[key][0]: to_request(item, found[key][1]) for key, item in value.items()}
        case ListShape() if isinstance(value, list):
            return [to_request(item, shape.member) for item in value]
        case MapShape() if isinstance(value, dict):
            return {key: to_request(item, shape.value) for key, item in value.items()}
        case Shape(type_name="string" | "blob") if not isinstance(value, str | bytes):
            return json.dumps(value, separators=(",", ":"))
    return value


def to_result(value: Any, shape: Shape | None) -> Any:
    """A response whose member names start with a capital letter. Keys of maps are unchanged."""
    match shape:
        case StructureShape() if isinstance(value, dict):
            return {
                key[0].upper() + key[1:]: to_result(item, shape.members.get(key))
                for key, item in value.items()
            }
        case ListShape() if isinstance(value, list):
            return [to_result(item, shape.member) for item in value]
        case MapShape() if isinstance(value, dict):
            return {key: to_result(item, shape.value) for key, item in value.items()}
    return getattr(value, "read", lambda: value)()


def replace_content(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Replace the content of a dictionary, which moto expects to be changed in place."""
    old.clear()
    old.update(new)
