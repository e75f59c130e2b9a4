"""Stacks as JSON, for a run that keeps its state.

An operation on a stack ends with its run. The next run shows that it failed, with the reason, so that the
stack can be updated again or deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from local.cloudformation.custom import is_custom
from local.cloudformation.stacks import Stack, StackEvent, StackResource, generated_id
from local.template import Physical

INTERRUPTED = "The local run ended while this was in progress, and a new one has started."
ENDS = {
    "CREATE_IN_PROGRESS": "CREATE_FAILED",
    "ROLLBACK_IN_PROGRESS": "ROLLBACK_FAILED",
    "UPDATE_IN_PROGRESS": "UPDATE_FAILED",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_IN_PROGRESS": "UPDATE_ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
    "DELETE_IN_PROGRESS": "DELETE_FAILED",
}
"""The status of a stack or resource whose run has ended → its status in the next run."""
Saved = Mapping[str, Any]
AttributesOf = Callable[[str, str], dict[str, str]]
"""Takes a resource type and a physical ID, and returns the attributes of a resource that is moto's."""


def describe(stack: Stack) -> dict[str, Any]:
    """Everything of a stack but its events."""
    plain = {
        one.name: getattr(stack, one.name)
        for one in fields(stack)
        if one.name not in ("listener", "events", "resources", "superseded")
    }
    return {
        **plain,
        "created_at": stack.created_at.isoformat(),
        "updated_at": stack.updated_at and stack.updated_at.isoformat(),
        "resources": [describe_resource(one) for one in stack.resources.values()],
        "superseded": [describe_resource(one) for one in stack.superseded],
    }


def describe_event(event: StackEvent) -> dict[str, Any]:
    """An event of a stack."""
    return {**asdict(event), "at": event.at.isoformat()}


def restore(saved: Saved, events: list[dict[str, Any]], attributes_of: AttributesOf) -> Stack:
    """The stack of an earlier run. An operation that went on has failed."""
    stack = Stack(**{name: value for name, value in saved.items() if name not in ("resources", "superseded")})
    stack.created_at = datetime.fromisoformat(saved["created_at"])
    stack.updated_at = saved["updated_at"] and datetime.fromisoformat(saved["updated_at"])
    resources = [_restored(one, attributes_of) for one in saved["resources"]]
    stack.resources = {one.logical_id: one for one in resources}
    stack.superseded = [_restored(one, attributes_of) for one in saved["superseded"]]
    stack.events = [StackEvent(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in events]
    return stack


def end_interrupted(stack: Stack) -> None:
    """End an operation that an earlier run has left, with events that say so."""
    if stack.status not in ENDS:
        return
    for one in stack.resources.values():
        if one.status in ENDS:
            if one.physical is None and is_custom(one.type):  # its function may have created something
                one.physical = Physical(generated_id(stack, one.logical_id))
            stack.note_resource(one, ENDS[one.status], INTERRUPTED)
    stack.note(ENDS[stack.status], INTERRUPTED)


def describe_resource(one: StackResource) -> dict[str, Any]:
    """A resource of a stack."""
    physical = (
        None
        if one.physical is None
        else {"ref": one.physical.ref, "attributes": dict(one.physical.attributes)}
    )
    return {
        "logical_id": one.logical_id,
        "type": one.type,
        "properties": one.properties,
        "physical": physical,
        "status": one.status,
        "reason": one.reason,
        "deletion_policy": one.deletion_policy,
        "replace_policy": one.replace_policy,
        "changed_at": one.changed_at.isoformat(),
    }


def _restored(saved: Saved, attributes_of: AttributesOf) -> StackResource:
    physical, found = saved["physical"], None
    if physical is not None:
        attributes = physical["attributes"] or attributes_of(saved["type"], physical["ref"])
        found = Physical(physical["ref"], attributes)
    changed_at = datetime.fromisoformat(saved["changed_at"])
    return StackResource(**{**saved, "physical": found, "changed_at": changed_at})
