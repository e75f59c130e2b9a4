"""Requests in the form of CloudFormation: properties in upper camel case, with every scalar as a string.

CloudFormation sends the properties of a custom resource as strings: `"true"` and `"5"`. The names are those
of the API with a capital, as in `AWS::Personalize::Solution`: `datasetGroupArn` is `DatasetGroupArn`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from tastemaker.errors import InvalidInput
from tastemaker.wire.service import Service

__all__ = [
    "StructureShape",
    "member_of",
    "property_of",
    "read_properties",
    "request_shape",
    "write_properties",
]

_TAGS = {"Key": "TagKey", "Value": "TagValue"}  # CloudFormation's spelling → the one of Personalize


def request_shape(service: Service, operation: str) -> StructureShape:
    """The shape of an operation's request."""
    shape = service.operation(operation).input_shape
    if not isinstance(shape, StructureShape):
        raise ValueError(f"{operation} has no request.")
    return shape


def property_of(member: str) -> str:
    """The property that stands for a member of the API."""
    return member[:1].upper() + member[1:]


def member_of(name: str) -> str:
    """The member of the API that a property stands for."""
    return name[:1].lower() + name[1:]


def read_properties(properties: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """The request that properties stand for. Raises InvalidInput for a property that does not exist.

    Values are not validated: a text that should be a number stays a text, and the API refuses it.
    """
    request = _read(properties, shape, "")
    if not isinstance(request, dict):
        raise InvalidInput("The properties must be an object.")
    return request


def write_properties(request: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """The properties that stand for a request. Values that are not plain, such as CDK's tokens, stay."""
    written: dict[str, Any] = _write(request, shape)
    return written


def _read(value: Any, shape: Shape, path: str) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        request = {}
        for name, given in value.items():
            known = name if name not in _TAGS or property_member(name, shape) else _TAGS[name]
            member = property_member(known, shape)
            if member is None:
                raise InvalidInput(_unknown(f"{path}{name}", shape))
            if given is not None:
                request[member] = _read(given, shape.members[member], f"{path}{name}.")
        return request
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_read(item, shape.member, path) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {key: _read(item, shape.value, path) for key, item in value.items()}
    return _scalar(value, shape)


def _scalar(value: Any, shape: Shape) -> Any:
    if isinstance(value, bool | int | float) and shape.type_name == "string":
        return str(value).lower() if isinstance(value, bool) else str(value)
    if not isinstance(value, str):
        return value
    if shape.type_name == "boolean":
        return {"true": True, "false": False}.get(value.lower(), value)
    if shape.type_name in ("integer", "long"):
        return int(value) if value.lstrip("-").isdecimal() and value.isascii() else value
    if shape.type_name in ("float", "double"):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def property_member(name: str, shape: StructureShape) -> str | None:
    """The member of a structure that a property stands for, in either spelling; None if there is none."""
    members: Mapping[str, Shape] = shape.members
    return next((one for one in (name, member_of(name), property_of(name)) if one in members), None)


def _unknown(path: str, shape: StructureShape) -> str:
    known = ", ".join(sorted(map(property_of, shape.members)))
    return f"The property {path} does not exist; there are {known}."


def _write(value: Any, shape: Shape) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        members: Mapping[str, Shape] = shape.members
        return {
            property_of(name): _write(item, members[name]) if name in members else item
            for name, item in value.items()
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_write(item, shape.member) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {key: _write(item, shape.value) for key, item in value.items()}
    return value
