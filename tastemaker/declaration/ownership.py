"""Which declaration a record belongs to: private members of the record.

A name can be deleted and created again by somebody else. A declaration changes and deletes only what it has
created or taken over.
"""

from __future__ import annotations

from typing import Any

from tastemaker.contracts import stack_tags
from tastemaker.control.core.records import Record

OWNER = stack_tags.OWNER
"""Who has declared the resource: the stack and the logical ID."""
REQUEST = "_declaredRequest"
"""The request that created the resource, or the last one that changed it."""
CREATED = "_createdByRequest"
"""The request that created the resource. It never changes."""
DECLARED = "_declared"
"""What was declared, as a Create request. Drift is what differs from it."""
TRIGGER = "_declaredTrigger"
"""A text whose change makes a new resource: a new training or a new job."""
ADOPTED = "_adopted"
"""Present on a resource that existed before it was declared. It is released instead of deleted."""

STRAY = "_declaredStray"
"""Present on what a failed update has created beside the resource. The next request deletes it."""

MEMBERS = (OWNER, REQUEST, CREATED, DECLARED, TRIGGER, ADOPTED, STRAY)


def owner_of(record: Record) -> str | None:
    """The declaration that a record belongs to; None if it was created by the API."""
    return record.body.get(OWNER)


def created_by(record: Record, owner: str, request_id: str) -> bool:
    """Whether a request has created the record, or has changed it last."""
    return owner_of(record) == owner and record.body.get(REQUEST) == request_id


def was_created_by(record: Record, owner: str, request_id: str) -> bool:
    """Whether a request has created the record."""
    return owner_of(record) == owner and record.body.get(CREATED) == request_id


def declared_of(record: Record) -> dict[str, Any] | None:
    """What was declared; None for a record that is not declared."""
    declared: dict[str, Any] | None = record.body.get(DECLARED)
    return declared
