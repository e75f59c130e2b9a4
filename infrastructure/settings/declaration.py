"""How a setting is declared: a dataclass field with a default, an explanation and limits.

Keys are camelCase in `cdk.json` and snake_case in Python: `training.maxRuntimeMinutes` is
`stage.training.max_runtime_minutes`.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any


class StageError(ValueError):
    """The settings of a stage are invalid. The message names the stage and the setting."""


def described(
    explanation: str, *, within: tuple[int, int] | None = None, among: tuple[Any, ...] = ()
) -> dict[str, Any]:
    """The metadata of a setting: its explanation, its smallest and largest value, all its allowed values."""
    return {"explanation": explanation, "within": within, "among": among}


def setting(default: Any, explanation: str, **limits: Any) -> Any:
    """A field with a default, an explanation and the limits of `described`."""
    return field(default=default, metadata=described(explanation, **limits))


def camel_case(name: str) -> str:
    """The key in `cdk.json` of a field."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
