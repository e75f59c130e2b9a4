"""Reading settings from `cdk.json`: every key must be known and every value must be allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import Field, fields, is_dataclass
from typing import Any, get_origin, get_type_hints

from infrastructure.settings.declaration import StageError, camel_case

NOT_A_SETTING = "name"
"""The field of a stage that is its key in `cdk.json`."""


def read(settings_type: type, settings: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The fields of `settings_type` that `settings` gives. Raises StageError; `where` begins its message."""
    known = {camel_case(f.name): f for f in fields(settings_type) if f.name != NOT_A_SETTING}
    hints = get_type_hints(settings_type)
    members = {}
    for key, value in settings.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise StageError(
                f"{where}{key} is not a setting" + (f". Did you mean {near[0]}?" if near else ".")
            )
        found = known[key]
        members[found.name] = _value(found, hints[found.name], value, where + key)
    return members


def _value(found: Field[Any], hint: type, value: Any, where: str) -> Any:
    if is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise StageError(f"{where} must be an object of settings, not {value!r}.")
        return hint(**read(hint, value, where + "."))
    expected = get_origin(hint) or hint
    if type(value) is not expected:  # isinstance would accept a bool for an int
        raise StageError(f"{where} must be a value of type {expected.__name__}, not {value!r}.")
    within, among = found.metadata["within"], found.metadata["among"]
    if within and not within[0] <= value <= within[1]:
        raise StageError(f"{where} must be between {within[0]} and {within[1]}, not {value!r}.")
    if among and value not in among:
        raise StageError(f"{where} must be one of {', '.join(map(str, among))}, not {value!r}.")
    return value


def list_settings(settings_type: type, prefix: str = "") -> Iterator[tuple[str, Any, str]]:
    """Every setting as (key in `cdk.json`, default, explanation), in the order of the declarations."""
    hints = get_type_hints(settings_type)
    for f in fields(settings_type):
        if f.name == NOT_A_SETTING:
            continue
        if is_dataclass(hints[f.name]):
            yield from list_settings(hints[f.name], f"{prefix}{camel_case(f.name)}.")
        else:
            yield prefix + camel_case(f.name), _default(f), f.metadata["explanation"]


def _default(f: Field[Any]) -> Any:
    return f.default_factory() if callable(f.default_factory) else f.default
