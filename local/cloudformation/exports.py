"""Exports: outputs that other stacks import. moto's stacks and ours share them."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

from moto.cloudformation.parsing import Export

from local.cloudformation.stacks import ResourceFailedError, Stack


class Exports:
    """The exports of all stacks, by name. `exports` is where moto has those of its own stacks."""

    def __init__(self, exports: MutableMapping[str, Export] | None = None) -> None:
        self._exports = {} if exports is None else exports
        self._importers: dict[str, dict[str, str]] = {}  # export → ID of a stack → its name

    def value(self, name: str) -> str:
        """The value of an export. Raises KeyError."""
        return str(self._exports[name].value)

    def importers(self, name: str) -> list[str]:
        """The names of the stacks that import an export."""
        return sorted(self._importers.get(name, {}).values())

    def check(self, stack: Stack, exports: Mapping[str, str]) -> None:
        """Raise ResourceFailedError if a stack may not export this instead of what it exports now."""
        for name, value in exports.items():
            found = self._exports.get(name)
            if found is not None and found.exporting_stack_id != stack.id:
                owner = found.exporting_stack_id.rpartition(":stack/")[2].partition("/")[0]
                raise ResourceFailedError(f"Export with name {name} is already exported by stack {owner}.")
            self._check_change(stack, name, value)
        for name, found in self._exports.items():
            if found.exporting_stack_id == stack.id and name not in exports:
                self._check_change(stack, name, None)

    def _check_change(self, stack: Stack, name: str, value: str | None) -> None:
        users = [one for id, one in self._importers.get(name, {}).items() if id != stack.id]
        if users and name in self._exports and self._exports[name].value != value:
            what = "deleted" if value is None else "updated"
            raise ResourceFailedError(f"Export {name} cannot be {what} as it is in use by {', '.join(users)}")

    def publish(self, stack: Stack) -> None:
        """Let the exports and imports of a stack be those that it has now."""
        for name, found in list(self._exports.items()):
            if found.exporting_stack_id == stack.id:
                del self._exports[name]
        for name, value in stack.exports.items():
            self._exports[name] = Export(stack.id, name, value)
        for users in self._importers.values():
            users.pop(stack.id, None)
        for name in stack.imports if stack.status != "DELETE_COMPLETE" else ():
            self._importers.setdefault(name, {})[stack.id] = stack.name
