"""The definitions that clients store: pipelines, and the settings of indexes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol


class Definition(StrEnum):
    """The kinds of stored definitions."""

    PIPELINE = "pipeline"
    INDEX = "index"


class Definitions(Protocol):
    """A store of JSON objects by kind and name."""

    def get(self, kind: Definition, name: str) -> Mapping[str, Any] | None:
        """A definition, or None. It may be some seconds old."""
        ...

    def put(self, kind: Definition, name: str, body: Mapping[str, Any]) -> None:
        """Store a definition, or replace it."""
        ...

    def delete(self, kind: Definition, name: str) -> bool:
        """Delete a definition. Returns whether there was one."""
        ...

    def all(self, kind: Definition) -> Mapping[str, Mapping[str, Any]]:
        """All definitions of a kind by name."""
        ...


class MemoryDefinitions:
    """Definitions in memory."""

    def __init__(self) -> None:
        self._bodies: dict[tuple[Definition, str], Mapping[str, Any]] = {}

    def get(self, kind: Definition, name: str) -> Mapping[str, Any] | None:
        return self._bodies.get((kind, name))

    def put(self, kind: Definition, name: str, body: Mapping[str, Any]) -> None:
        self._bodies[kind, name] = body

    def delete(self, kind: Definition, name: str) -> bool:
        return self._bodies.pop((kind, name), None) is not None

    def all(self, kind: Definition) -> Mapping[str, Mapping[str, Any]]:
        return {name: body for (of, name), body in sorted(self._bodies.items()) if of is kind}
