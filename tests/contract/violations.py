"""Requests that violate one constraint of the service model each."""

import copy
import re
from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

CANDIDATES = ["é;", "-", "1 x", "no arn", "a b", ""]
Path = tuple[str, ...]


def leaves(shape: Shape, path: Path = ()) -> Iterator[tuple[Path, Shape]]:
    """Every path in a request, with its shape. `[]` is an element of a list, `{}` the value of a map."""
    if path:
        yield path, shape
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            yield from leaves(member, (*path, name))
    elif isinstance(shape, ListShape):
        yield from leaves(shape.member, (*path, "[]"))
    elif isinstance(shape, MapShape):
        yield from leaves(shape.value, (*path, "{}"))


def broken_values(shape: Shape) -> Iterator[Any]:
    """Values that violate one constraint of `shape` each."""
    rules, type_name = shape.metadata, shape.type_name
    low, high = rules.get("min"), rules.get("max")
    if type_name == "string":
        if high is not None:
            yield "x" * (high + 1)
        if low:
            yield ""
        if "enum" in rules:
            yield "NOT_IN_THE_ENUM"
        if "pattern" in rules:
            yield _mismatch(rules["pattern"], low or 0, high or 1000)
    elif type_name in ("integer", "double"):
        if low is not None:
            yield low - 1
        if high is not None:
            yield high + 1
    elif isinstance(shape, ListShape) and high is not None:
        yield [sample(shape.member)] * (high + 1)
    elif isinstance(shape, MapShape) and high is not None:
        yield {f"K{number}": sample(shape.value) for number in range(high + 1)}


def sample(shape: Shape) -> Any:
    """A small value that `shape` accepts."""
    if isinstance(shape, StructureShape):
        return {name: sample(shape.members[name]) for name in shape.required_members}
    if isinstance(shape, ListShape):
        return []
    if isinstance(shape, MapShape):
        return {}
    if "enum" in shape.metadata:
        return shape.metadata["enum"][0]
    known = {
        "Arn": "arn:aws:personalize:eu-west-1:123456789012:schema/x",
        "RoleArn": "arn:aws:iam::123456789012:role/x",
        "S3Location": "s3://x/y",
        "SchedulingExpression": "rate(1 day)",
    }
    if shape.type_name == "string":
        return known.get(shape.name, "x")
    return {"integer": 1, "double": 0.5, "boolean": True, "timestamp": 0}[shape.type_name]


def with_value(request: dict[str, Any], shape: Shape, path: Path, value: Any) -> dict[str, Any]:
    """A copy of `request` with `value` at `path`, and with the required members around it."""
    changed = copy.deepcopy(request)
    _put(changed, shape, path, value)
    return changed


def _put(holder: Any, shape: Shape, path: Path, value: Any) -> None:
    step, rest = path[0], path[1:]
    if isinstance(shape, StructureShape):
        inner = shape.members[step]
        if not rest:
            holder[step] = value
            return
        holder.setdefault(step, sample(inner))
        _put(holder[step], inner, rest, value)
    elif isinstance(shape, ListShape):
        inner = shape.member
        holder[:] = [value if not rest else sample(inner)]
        if rest:
            _put(holder[0], inner, rest, value)
    elif isinstance(shape, MapShape):
        inner = shape.value
        holder.clear()
        holder["K"] = value if not rest else sample(inner)
        if rest:
            _put(holder["K"], inner, rest, value)


def _mismatch(pattern: str, low: int, high: int) -> str:
    plain = re.sub(r"\\p\{ASCII\}", r"[\\x00-\\x7f]", pattern).replace(r"\p{L}\p{Z}\p{N}", r"\w ")
    return next(text for text in CANDIDATES if low <= len(text) <= high and not re.fullmatch(plain, text))


def missing_members(value: Any, shape: Shape, path: str = "") -> Iterator[str]:
    """The paths of required members that an output lacks."""
    if isinstance(shape, StructureShape):
        for name in shape.required_members:
            if name not in value:
                yield f"{path}.{name}"
        for name, member in shape.members.items():
            if name in value:
                yield from missing_members(value[name], member, f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for item in value:
            yield from missing_members(item, shape.member, f"{path}[]")
