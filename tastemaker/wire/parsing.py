"""The parser of requests: it validates JSON against a shape and drops unknown members, in one pass.

botocore's validator checks only what a client must check: types, minima and required members. A service also
refuses values beyond a maximum, outside an enum, or without a match of the pattern, and it ignores unknown
members. Error messages have the form that AWS services use, because people search for them.
"""

import math
from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from tastemaker.errors import InvalidInput
from tastemaker.wire.patterns import compiled

MAX_ECHO_CHARACTERS = 80
"""The length at which an error message cuts off the value that it repeats."""


def read(value: Any, shape: Shape) -> Any:
    """The parameters in `value`, validated against `shape`.

    Timestamps stay numbers (seconds since 1970). Members that are null count as absent. Members that `shape`
    does not have are left out. Raises InvalidInput that names every problem.
    """
    problems: list[str] = []
    clean = _read(value, shape, "", problems)
    if problems:
        plural = "s" if len(problems) > 1 else ""
        raise InvalidInput(f"{len(problems)} validation error{plural} detected: {'; '.join(problems)}")
    return clean


def _read(value: Any, shape: Shape, path: str, problems: list[str]) -> Any:
    if isinstance(shape, StructureShape):
        return _read_structure(value, shape, path, problems)
    if isinstance(shape, ListShape):
        return _read_list(value, shape, path, problems)
    if isinstance(shape, MapShape):
        return _read_map(value, shape, path, problems)
    return _SCALARS[shape.type_name](value, shape, path, problems)


def _read_structure(value: Any, shape: StructureShape, path: str, problems: list[str]) -> Any:
    if not isinstance(value, Mapping):
        return _wrong_type(value, "an object", shape, path, problems)
    clean = {}
    required = shape.required_members
    for name, member in shape.members.items():
        given = value.get(name)
        where = f"{path}.{name}" if path else name
        if given is not None:
            clean[name] = _read(given, member, where, problems)
        elif name in required:
            problems.append(f"Value null at '{where}' failed to satisfy constraint: Member must not be null")
    return clean


def _read_list(value: Any, shape: ListShape, path: str, problems: list[str]) -> Any:
    if not isinstance(value, list):
        return _wrong_type(value, "a list", shape, path, problems)
    _check_length(value, shape, path, problems)
    return [
        _read(item, shape.member, f"{path}.{n}.member", problems) for n, item in enumerate(value, start=1)
    ]


def _read_map(value: Any, shape: MapShape, path: str, problems: list[str]) -> Any:
    if not isinstance(value, Mapping):
        return _wrong_type(value, "an object", shape, path, problems)
    _check_length(value, shape, path, problems)
    clean = {}
    for key, item in value.items():
        if item is None:
            continue
        name = _read(key, shape.key, f"{path}.key", problems)
        clean[name] = _read(item, shape.value, f"{path}.{key}.member", problems)
    return clean


def _read_string(value: Any, shape: Shape, path: str, problems: list[str]) -> Any:
    if not isinstance(value, str):
        return _wrong_type(value, "a string", shape, path, problems)
    if not _check_length(value, shape, path, problems):
        return value  # the pattern would only repeat that
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        _report(value, f"Member must satisfy enum value set: [{', '.join(enum)}]", shape, path, problems)
    pattern = shape.metadata.get("pattern")
    # A pattern applies to the whole value, although some patterns in the models lack the final "$".
    if pattern and not compiled(pattern).fullmatch(value):
        _report(value, f"Member must satisfy regular expression pattern: {pattern}", shape, path, problems)
    return value


def _read_integer(value: Any, shape: Shape, path: str, problems: list[str]) -> Any:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return _wrong_type(value, "an integer", shape, path, problems)
    return _in_range(value, shape, path, problems)


def _read_number(value: Any, shape: Shape, path: str, problems: list[str]) -> Any:
    if not _is_finite(value):
        return _wrong_type(value, "a number", shape, path, problems)
    return _in_range(value, shape, path, problems)


def _is_finite(value: Any) -> bool:
    """Whether a value is a number that a float can hold. JSON may have integers of any length."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _read_boolean(value: Any, shape: Shape, path: str, problems: list[str]) -> Any:
    return value if isinstance(value, bool) else _wrong_type(value, "true or false", shape, path, problems)


def _read_timestamp(value: Any, shape: Shape, path: str, problems: list[str]) -> Any:
    if isinstance(value, str):  # the AWS CLI sends numbers that a person typed as strings
        try:
            value = float(value)
        except ValueError:
            return _wrong_type(value, "a number of seconds since 1970", shape, path, problems)
    if not _is_finite(value):
        return _wrong_type(value, "a number of seconds since 1970", shape, path, problems)
    return value


_SCALARS = {
    "string": _read_string,
    "integer": _read_integer,
    "long": _read_integer,
    "float": _read_number,
    "double": _read_number,
    "boolean": _read_boolean,
    "timestamp": _read_timestamp,
}


def _check_length(value: Any, shape: Shape, path: str, problems: list[str]) -> bool:
    """Report a length outside the range of `shape`. Returns whether the length is within it."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        _report(value, f"Member must have length greater than or equal to {low}", shape, path, problems)
        return False
    if high is not None and len(value) > high:
        _report(value, f"Member must have length less than or equal to {high}", shape, path, problems)
        return False
    return True


def _in_range(value: float, shape: Shape, path: str, problems: list[str]) -> float:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        _report(value, f"Member must have value greater than or equal to {low}", shape, path, problems)
    if high is not None and value > high:
        _report(value, f"Member must have value less than or equal to {high}", shape, path, problems)
    return value


def _wrong_type(value: Any, wanted: str, shape: Shape, path: str, problems: list[str]) -> Any:
    _report(value, f"Member must be {wanted}", shape, path or "the request", problems)
    return value


def _report(value: Any, constraint: str, shape: Shape, path: str, problems: list[str]) -> None:
    echo = ""
    if not shape.metadata.get("sensitive"):
        text = str(value)
        if len(text) > MAX_ECHO_CHARACTERS:
            text = text[:MAX_ECHO_CHARACTERS] + "…"
        echo = f" '{text}'"
    problems.append(f"Value{echo} at '{path}' failed to satisfy constraint: {constraint}")
