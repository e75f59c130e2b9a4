"""Settings of indexes: nested objects, or names with dots, with or without `index.` in front."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tastemaker.search.errors import InvalidArgumentError, UnsupportedError

DEFAULT_PIPELINE = "index.search.default_pipeline"
GROUP = "index.tastemaker.dataset_group"
"""Which dataset group an index shows."""
ANALYSIS = "index.analysis."
_IGNORED = (
    "index.number_of_shards",
    "index.number_of_replicas",
    "index.refresh_interval",
    "index.provided_name",
)


def flat_settings(settings: Any, prefix: str = "") -> dict[str, Any]:
    """Settings by their full names. Raises UnsupportedError for one that the index does not have."""
    if not isinstance(settings, Mapping):
        raise InvalidArgumentError("[settings] must be an object")
    found: dict[str, Any] = {}
    for name, value in settings.items():
        full = f"{prefix}{name}"
        if isinstance(value, Mapping):
            found.update(flat_settings(value, f"{full}."))
            continue
        full = full if full.startswith("index.") else f"index.{full}"
        if full in _IGNORED:
            continue
        if full not in (DEFAULT_PIPELINE, GROUP) and not full.startswith(ANALYSIS):
            raise UnsupportedError(
                f"unknown setting [{full}]: the embedded index has {DEFAULT_PIPELINE}, {GROUP} and "
                f"{ANALYSIS}*"
            )
        found[full] = value
    return found


def nested_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by their full names as nested objects. Raises InvalidArgumentError if two names clash."""
    root: dict[str, Any] = {}
    for name, value in settings.items():
        *folders, last = name.split(".")
        here = root
        for folder in folders:
            here = here.setdefault(folder, {})
            if not isinstance(here, dict):
                raise InvalidArgumentError(f"the setting [{name}] is below another setting with a value")
        here[last] = value
    return root
