"""The serializer of responses: it reduces a result to the members of the output shape."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape


def write(value: Any, shape: Shape) -> Any:
    """The members of `value` that `shape` has, ready for JSON. Members that are None are left out.

    A record can therefore have internal members, and a summary is the same record written by the summary's
    shape. Members that `shape` binds to a header are left out, too.
    """
    return _writer(shape)(value)


def write_headers(value: Mapping[str, Any], shape: StructureShape) -> dict[str, str]:
    """The headers of a response: the members of `value` that `shape` binds to a header."""
    return {
        header: str(value[name])
        for name, header in _header_members(shape).items()
        if value.get(name) is not None
    }


@cache
def _header_members(shape: StructureShape) -> Mapping[str, str]:
    """Member name → header name."""
    return {
        name: member.serialization["name"]
        for name, member in shape.members.items()
        if member.serialization.get("location") == "header"
    }


@cache
def _writer(shape: Shape) -> Callable[[Any], Any]:
    """The function that writes values of `shape`. Cached, so that each shape is walked only once."""
    if isinstance(shape, StructureShape):
        headers = _header_members(shape)
        members = {name: _writer(member) for name, member in shape.members.items() if name not in headers}
        return lambda value: {
            name: members[name](item) for name, item in value.items() if item is not None and name in members
        }
    if isinstance(shape, ListShape):
        each = _writer(shape.member)
        return lambda value: [each(item) for item in value]
    if isinstance(shape, MapShape):
        each = _writer(shape.value)
        return lambda value: {str(key): each(item) for key, item in value.items() if item is not None}
    return _SCALARS[shape.type_name]


def _timestamp(value: float) -> float:
    return round(float(value), 3)  # timestamps of the service have milliseconds


_SCALARS: Mapping[str, Callable[[Any], Any]] = {
    "string": str,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": bool,
    "timestamp": _timestamp,
}
