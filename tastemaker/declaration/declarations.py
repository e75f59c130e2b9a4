"""A set of declared resources that refer to each other, in the order in which they can be created."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from tastemaker.declaration.types import TYPES
from tastemaker.errors import InvalidInput


@dataclass(frozen=True)
class Ref:
    """The ARN of another declared resource, followed by `suffix`, which may be `/$LATEST`."""

    id: str
    suffix: str = ""


@dataclass(frozen=True)
class DeclaredResource:
    """One declared resource.

    `id` is unique in its declaration. `properties` is a Create request of the API whose values may be or
    contain a `Ref`; the name may be missing. `place` is where it is declared, for messages. `after` has the
    IDs of resources that must exist first without being referred to. `trigger`, `adopt` and `wait` are those
    of `lifecycle.Change`.
    """

    id: str
    type: str
    properties: Mapping[str, Any]
    place: str = ""
    after: tuple[str, ...] = ()
    trigger: str | None = None
    adopt: bool = False
    wait: bool | None = None

    @property
    def needs(self) -> set[str]:
        """The IDs of the resources that must exist first."""
        return {*self.after, *(ref.id for ref in references(self.properties))}


@dataclass(frozen=True)
class Declaration:
    """Declared resources by their ID."""

    resources: Mapping[str, DeclaredResource] = field(default_factory=dict)

    @classmethod
    def of(cls, resources: Iterable[DeclaredResource]) -> Declaration:
        """A declaration of these resources. Raises InvalidInput for an ID that two of them have."""
        found: dict[str, DeclaredResource] = {}
        for one in resources:
            if one.id in found:
                raise InvalidInput(f"{one.id} is declared twice: {found[one.id].place}, {one.place}.")
            if one.type not in TYPES:
                raise InvalidInput(f"{one.id}: there is no type {one.type}; there are {', '.join(TYPES)}.")
            found[one.id] = one
        return cls(found)

    def ordered(self) -> list[DeclaredResource]:
        """The resources in an order of creation; deletion goes the other way.

        Raises InvalidInput if resources refer to each other in a circle, or to one that is not declared.
        """
        graph = {}
        for one in self.resources.values():
            for needed in sorted(one.needs - self.resources.keys()):
                raise InvalidInput(f"{one.id} refers to {needed}, which is not declared.")
            graph[one.id] = sorted(one.needs)
        try:
            return [self.resources[name] for name in TopologicalSorter(graph).static_order()]
        except CycleError as error:
            raise InvalidInput(
                f"These refer to each other in a circle: {', '.join(error.args[1])}."
            ) from None


def references(value: Any) -> Iterator[Ref]:
    """Every `Ref` in a value."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from references(item)


def resolved(value: Any, arns: Mapping[str, str]) -> Any:
    """A value with every `Ref` replaced by the ARN. Raises KeyError if an ARN is not known."""
    if isinstance(value, Ref):
        return arns[value.id] + value.suffix
    if isinstance(value, Mapping):
        return {name: resolved(item, arns) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(item, arns) for item in value]
    return value
