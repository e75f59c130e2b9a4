"""Stacks, their resources and their events, and how a type of resource is handled."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from local.template import Physical

DELETE, RETAIN, RETAIN_EXCEPT_ON_CREATE = "Delete", "Retain", "RetainExceptOnCreate"
"""Policies: what happens to a resource that leaves its stack (DeletionPolicy), or that a new one replaces."""


class ResourceFailedError(Exception):
    """A resource could not be created, changed or deleted. `physical_id` is what exists nevertheless."""

    def __init__(self, reason: str, physical_id: str | None = None) -> None:
        super().__init__(reason)
        self.physical_id = physical_id


@dataclass(frozen=True)
class ResourceRequest:
    """What is asked of a handler. `old` has the properties before an update; None in other requests."""

    stack_id: str
    stack_name: str
    logical_id: str
    type: str
    properties: dict[str, Any]
    physical_id: str | None = None
    old: dict[str, Any] | None = None


class Handler(Protocol):
    """Creates, changes and deletes the resources of some types. All methods raise ResourceFailedError."""

    def create(self, request: ResourceRequest) -> Physical:
        """Create the resource. The result has its physical ID and attributes."""

    def update(self, request: ResourceRequest) -> Physical:
        """Change the resource. Another physical ID in the result means that it was replaced."""

    def delete(self, request: ResourceRequest) -> None:
        """Delete the resource."""


@dataclass
class StackResource:
    """One resource of a stack as CloudFormation knows it.

    The policies say what happens when the resource leaves the stack, and when a new one replaces it.
    """

    logical_id: str
    type: str
    properties: dict[str, Any]
    physical: Physical | None = None
    status: str = "CREATE_IN_PROGRESS"
    reason: str | None = None
    deletion_policy: str = DELETE
    replace_policy: str = DELETE
    changed_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class StackEvent:
    """One line of a stack's history."""

    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str | None
    token: str | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


def unheard(stack: Stack, event: StackEvent) -> None:
    """Nobody listens to the events of a stack."""


@dataclass
class Stack:
    """A stack: its template, its parameters, and what exists of it.

    `body` is the template after its transforms, and `source` the text that was given. `token` is that of the
    request whose events follow.
    `superseded` are resources that were replaced and not deleted yet. `listener` is called with each event.
    """

    id: str
    name: str
    body: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    status: str = "REVIEW_IN_PROGRESS"
    reason: str | None = None
    disable_rollback: bool = False
    delete_on_failure: bool = False
    protected: bool = False
    token: str | None = None
    resources: dict[str, StackResource] = field(default_factory=dict)
    superseded: list[StackResource] = field(default_factory=list)
    events: list[StackEvent] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    exports: dict[str, str] = field(default_factory=dict)
    imports: list[str] = field(default_factory=list)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated_at: datetime | None = None
    listener: Callable[[Stack, StackEvent], None] = unheard

    def begin_review(self) -> None:
        """Note that a change set waits. It ends with the run, so the listener need not know."""
        reason = "User Initiated"
        event = StackEvent(self.name, self.id, "AWS::CloudFormation::Stack", self.status, reason, self.token)
        self.events.append(event)

    def note(self, status: str, reason: str | None = None) -> None:
        """Set the stack's status, with an event.

        The listener is called first: who sees that a stack is complete finds its exports, and finds the stack
        again after a restart.
        """
        event = StackEvent(self.name, self.id, "AWS::CloudFormation::Stack", status, reason, self.token)
        self.events.append(event)
        self.listener(replace(self, status=status, reason=reason), event)
        self.status, self.reason = status, reason

    def note_resource(self, resource: StackResource, status: str, reason: str | None = None) -> None:
        """Set a resource's status, with an event."""
        resource.status, resource.reason, resource.changed_at = status, reason, datetime.now(UTC)
        physical_id = "" if resource.physical is None else resource.physical.ref
        event = StackEvent(resource.logical_id, physical_id, resource.type, status, reason, self.token)
        self.events.append(event)
        self.listener(self, event)

    @property
    def in_progress(self) -> bool:
        """Whether an operation on the stack goes on."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"


def generated_id(stack: Stack, logical_id: str) -> str:
    """A physical ID as CloudFormation gives it to a custom resource that has not answered its creation."""
    return f"{stack.name}-{logical_id}-{uuid.uuid4().hex[:12].upper()}"
