"""The control plane: a context with its resource types."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tastemaker.control.core.context import Context
from tastemaker.control.core.declaration import Operation
from tastemaker.control.core.ports import Ports
from tastemaker.control.core.resource_type import ResourceType


class ControlPlane(Context):
    """All resource types, built with this context. `resource_types` maps a name to its resource type."""

    def __init__(self, ports: Ports, types: Iterable[type[ResourceType]]) -> None:
        super().__init__(ports)
        self._types = tuple(types)
        self.resource_types = {one.name: one(self) for one in self._types}
        self.declarations.update(self.resource_types)

    def operations(self) -> dict[str, Operation]:
        """The operations of all resource types: the name of each and the function that runs it."""
        table: dict[str, Operation] = {}
        for resource_type in self.resource_types.values():
            table |= resource_type.operations()
        return table

    def with_ports(self, **ports: Any) -> "ControlPlane":
        """A control plane with some ports replaced."""
        return ControlPlane(replace(self.ports, **ports), self._types)
