"""The stacks of a run, and those of an earlier run whose state it continues."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from local.account import Account
from local.cloudformation import saved
from local.cloudformation.exports import Exports
from local.cloudformation.stacks import Stack, StackEvent
from local.cloudformation.templates import Form, InvalidRequestError

SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "CREATE_FAILED", "UPDATE_FAILED")
"""The statuses in which a stack can be updated."""
Entry = dict[str, Any]


class StackStore:
    """Stacks by name or ID. `exports` is told of each stack whose operation has ended."""

    def __init__(self, account: Account, exports: Exports) -> None:
        self._account, self._exports = account, exports
        self._stacks: dict[str, Stack] = {}
        self._note: Callable[[Entry], None] | None = None

    def keep(
        self, found: Mapping[str, Entry], attributes_of: saved.AttributesOf, note: Callable[[Entry], None]
    ) -> None:
        """Continue with the stacks of an earlier run, and note each change from now on."""
        self._note = note
        for entry in found.values():
            stack = saved.restore(entry["stack"], entry["events"], attributes_of)
            stack.listener = self._changed
            self._stacks[stack.id] = stack
            self._exports.publish(stack)
        for stack in self._stacks.values():
            saved.end_interrupted(stack)

    def all(self) -> list[Stack]:
        """Every stack, also those that were deleted."""
        return list(self._stacks.values())

    def clear(self) -> None:
        """Forget all stacks and their exports. What they have created is not deleted."""
        for stack in self._stacks.values():
            stack.exports, stack.imports = {}, []
            self._exports.publish(stack)
        self._stacks.clear()

    def new(self, name: str, tags: Mapping[str, str]) -> Stack:
        """A new stack."""
        stack = Stack(self._account.arn("cloudformation", f"stack/{name}/{uuid.uuid4()}"), name, tags=tags)
        stack.listener = self._changed
        self._stacks[stack.id] = stack
        return stack

    def find(self, name: str) -> Stack | None:
        """The stack of a name or ID; one that was deleted only by its ID."""
        if name.startswith("arn:"):
            return self._stacks.get(name)
        alive = [one for one in self._stacks.values() if one.name == name and one.status != "DELETE_COMPLETE"]
        return alive[-1] if alive else None

    def existing(self, form: Form, *, settled: bool = True) -> Stack:
        """The stack of a request. Raises InvalidRequestError."""
        stack = self.find(form.get("StackName", ""))
        if stack is None:
            raise InvalidRequestError(f"Stack with id {form.get('StackName')} does not exist")
        if settled and stack.in_progress:
            raise InvalidRequestError(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        return stack

    def updatable(self, form: Form) -> Stack:
        """The stack of a request that can be updated now. Raises InvalidRequestError."""
        stack = self.existing(form)
        if stack.status not in SETTLED:
            raise InvalidRequestError(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        return stack

    def save(self, stack: Stack, *events: StackEvent) -> None:
        """Note a stack as it is now, and new events of it."""
        if self._note is not None:
            described = [saved.describe_event(event) for event in events]
            self._note({"type": "stack", "stack": saved.describe(stack), "events": described})

    def _changed(self, stack: Stack, event: StackEvent) -> None:
        if event.physical_id != stack.id:
            self._save_resource(stack, event)
            return
        if not stack.in_progress:
            self._exports.publish(stack)
        self.save(stack, event)

    def _save_resource(self, stack: Stack, event: StackEvent) -> None:
        """Note an event of a resource, and the resource as it is now. The rest of the stack is the same."""
        resource = stack.resources.get(event.logical_id)
        if self._note is not None:
            self._note(
                {
                    "type": "stack resource",
                    "stack": stack.id,
                    "resource": resource and saved.describe_resource(resource),
                    "superseded": [saved.describe_resource(one) for one in stack.superseded],
                    "events": [saved.describe_event(event)],
                }
            )
