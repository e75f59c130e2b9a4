"""A result → what the output shape has of it, ready for JSON."""

from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape


def write(value: Any, shape: Shape) -> Any:
    """``value`` cut down to ``shape``: members that it does not have, and those that are None, are left out.

    So a record may carry internal members and be answered from directly, and a summary is the same record
    written by the summary's shape.
    """
    if isinstance(shape, StructureShape):
        given = ((name, member, value.get(name)) for name, member in shape.members.items())
        return {name: write(item, member) for name, member, item in given if item is not None}
    if isinstance(shape, ListShape):
        member = shape.member
        return [write(item, member) for item in value]
    if isinstance(shape, MapShape):
        return {str(key): write(item, shape.value) for key, item in value.items() if item is not None}
    return _SCALARS[shape.type_name](value)


def _timestamp(value: float) -> float:
    return round(float(value), 3)  # the service answers in milliseconds


_SCALARS: Mapping[str, Any] = {
    "string": str,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": bool,
    "timestamp": _timestamp,
}
