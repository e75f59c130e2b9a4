"""The parameters of every task that calls a service, against botocore's model of the service.

Step Functions writes each member's name with a capital letter, also where the model has a small one.
https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, OperationModel, Shape, StructureShape

from tests.aws_models import REFERENCE, violations
from tests.infrastructure.conftest import Assembly, definitions_of

SERVICES = {"cloudwatchlogs": "logs"}
"""Services that Step Functions calls otherwise than botocore."""
Call = tuple[str, str, dict[str, Any]]


def calls(definition: Any) -> Iterator[Call]:
    """Each call of a service in a definition as (service, operation, parameters)."""
    match definition:
        case {"Resource": str(resource), "Parameters": dict(parameters)}:
            found = re.search(r":states:::(?:aws-sdk:)?([\w-]+):(\w+)", resource)
            if found:
                service, action = found.groups()
                yield SERVICES.get(service, service), action[0].upper() + action[1:], parameters
    inner = definition.values() if isinstance(definition, dict) else definition
    for one in inner if isinstance(inner, list) or isinstance(definition, dict) else ():
        yield from calls(one)


def operation(service: str, name: str) -> OperationModel:
    """The model of an operation. Raises an exception of botocore if there is no such service or operation."""
    return botocore.session.get_session().get_service_model(service).operation_model(name)


def as_request(value: Any, shape: Shape | None) -> Any:
    """A task's parameters with the names of the model, and `REFERENCE` for values of an execution.

    A name that Step Functions would not accept stays as it is, with a mark that no model has.
    """
    match value, shape:
        case dict(), StructureShape():
            names = {name[0].upper() + name[1:]: name for name in shape.members}
            request = {}
            for key, one in value.items():
                plain = key.removesuffix(".$")
                name = names.get(plain, f"{plain}?")
                request[name] = REFERENCE if plain != key else as_request(one, shape.members.get(name))
            return request
        case dict(), _:
            return {
                key.removesuffix(".$"): REFERENCE
                if key.endswith(".$")
                else as_request(one, getattr(shape, "value", None))
                for key, one in value.items()
            }
        case list(), ListShape():
            return [as_request(one, shape.member) for one in value]
        case str(), _:
            return re.sub(r"<[^<>]*>", REFERENCE, value)
    return value


def findings(call: Call) -> list[str]:
    service, name, parameters = call
    shape = operation(service, name).input_shape
    return list(violations(as_request(parameters, shape), shape, f"{service}:{name}"))


@pytest.mark.parametrize("stage", ["local", "prod"])
def test_parameters_of_every_integration_fit_the_model_of_the_service(stage: str, assembly: Assembly) -> None:
    definitions = definitions_of(assembly.templates[stage])
    found = list(calls(list(definitions.values())))
    assert {(service, name) for service, name, _ in found} == {
        ("sagemaker", "CreateTrainingJob"),
        ("logs", "DescribeLogGroups"),
        ("logs", "PutRetentionPolicy"),
        ("s3", "GetObject"),
        *([("emr-serverless", "StartJobRun")] if stage == "prod" else []),
    }
    assert [finding for call in found for finding in findings(call)] == []


@pytest.mark.parametrize(
    ("parameters", "finding"),
    [
        ({"LogGroupName": "x"}, "retentionInDays is missing"),
        ({"logGroupName": "x", "RetentionInDays": 1}, "logGroupName? is not a member"),
        ({"LogGroupName": "a b", "RetentionInDays": 1}, "does not match"),
        ({"LogGroupName": "", "RetentionInDays": 1}, "0 is outside 1–512"),
        ({"LogGroupName": "x", "RetentionInDays": "1"}, "is not a integer"),
    ],
)
def test_wrong_parameters_are_found(parameters: dict[str, Any], finding: str) -> None:
    assert any(finding in found for found in findings(("logs", "PutRetentionPolicy", parameters)))


def test_values_outside_an_enumeration_are_found() -> None:
    request = {"OutputDataConfig": {"S3OutputPath": "s3://b/k", "CompressionType": "ZIP"}}
    assert any(
        "is none of GZIP, NONE" in one for one in findings(("sagemaker", "CreateTrainingJob", request))
    )
