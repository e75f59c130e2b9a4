"""What botocore's service models say about the parameters of a call.

botocore itself checks names, types and required members of each call. Services also refuse values outside an
enumeration, a range, a length or a pattern, which moto mostly accepts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import regex
from botocore.model import ListShape, MapShape, Shape, StructureShape

REFERENCE = "<reference>"
"""Stands for a value that is known only after deployment, or during an execution."""
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
}


def violations(value: Any, shape: Shape | None, where: str = "") -> Iterator[str]:
    """The constraints of `shape` that `value` violates, each with the place of the value."""
    if shape is None or value is None:
        return
    if isinstance(value, str) and REFERENCE in value:
        if shape.type_name not in ("string", "blob") and value != REFERENCE:
            yield f"{where}: a text where the model has a {shape.type_name}"
        return
    match shape:
        case StructureShape():
            yield from _of_structure(value, shape, where)
        case ListShape() if isinstance(value, list | tuple):
            yield from _out_of_range(len(value), shape, where)
            for index, one in enumerate(value):
                yield from violations(one, shape.member, f"{where}[{index}]")
        case MapShape() if isinstance(value, dict):
            yield from _out_of_range(len(value), shape, where)
            for key, one in value.items():
                yield from violations(key, shape.key, f"{where}.{key}")
                yield from violations(one, shape.value, f"{where}.{key}")
        case ListShape() | MapShape():
            yield f"{where}: {value!r} is not a {shape.type_name}"
        case _:
            yield from _of_value(value, shape, where)


def _of_structure(value: Any, shape: StructureShape, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: {value!r} is not a structure"
        return
    generated = {name for name, member in shape.members.items() if member.metadata.get("idempotencyToken")}
    for name in {*shape.required_members} - generated - value.keys():
        yield f"{where}.{name} is missing"
    for name, member in value.items():
        if name not in shape.members:
            yield f"{where}.{name} is not a member of {shape.name}"
        else:
            yield from violations(member, shape.members[name], f"{where}.{name}")


def _of_value(value: Any, shape: Shape, where: str) -> Iterator[str]:
    expected, rules = TYPES.get(shape.type_name), shape.metadata
    if expected and (not isinstance(value, expected) or (bool not in expected and isinstance(value, bool))):
        yield f"{where}: {value!r} is not a {shape.type_name}"
        return
    if shape.type_name == "string":
        if "enum" in rules and value not in rules["enum"]:
            yield f"{where}: {value!r} is none of {', '.join(rules['enum'])}"
        if "pattern" in rules and not regex.search(rf"\A(?:{rules['pattern']})\Z", value):
            yield f"{where}: {value!r} does not match {rules['pattern']}"
    if isinstance(value, str | bytes):
        yield from _out_of_range(len(value), shape, where)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _out_of_range(value, shape, where)


def _out_of_range(size: float, shape: Shape, where: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and size < low) or (high is not None and size > high):
        yield f"{where}: {size} is outside {low}–{high}"
