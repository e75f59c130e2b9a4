"""What a declaration would change: one step for each resource, in the order in which they run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tastemaker.control.core.records import Record
from tastemaker.declaration import ownership
from tastemaker.declaration.declarations import Declaration, DeclaredResource, resolved
from tastemaker.declaration.desired import Difference, differences, refusal
from tastemaker.declaration.types import REPLACE, TYPES

CREATE, UPDATE, REPLACEMENT, DELETE, NOTHING, REFUSAL = (
    "create",
    "update",
    "replace",
    "delete",
    "nothing",
    "refused",
)
"""What a step does. REFUSAL: the change is not possible, and `reason` says why."""


@dataclass(frozen=True)
class Step:
    """What happens to one resource. `arn` is that of the existing one."""

    action: str
    id: str
    type: str
    arn: str | None = None
    differences: tuple[Difference, ...] = ()
    reason: str | None = None


def plan(declaration: Declaration, existing: Mapping[str, Record]) -> list[Step]:
    """The steps from what exists to a declaration: creations and updates in order, then deletions.

    `existing` has the record of each resource that was declared before, by its ID. Raises InvalidInput.
    """
    arns: dict[str, str] = {}
    steps = []
    for one in declaration.ordered():
        step = _step(one, existing.get(one.id), arns)
        new = step.action in (CREATE, REPLACEMENT)
        arns[one.id] = f"(new {one.id})" if new or step.arn is None else step.arn
        steps.append(step)
    return [*steps, *deletions(declaration, existing)]


def _step(one: DeclaredResource, record: Record | None, arns: Mapping[str, str]) -> Step:
    if record is None:
        return Step(CREATE, one.id, one.type)
    declared = TYPES[one.type]
    request: dict[str, Any] = resolved(one.properties, arns)
    if declared.name.startswith("Batch") and not request["solutionVersionArn"].startswith("("):
        request["solutionVersionArn"] = record.body["solutionVersionArn"]
    found = tuple(differences(declared, request, record))
    reason = refusal(declared, list(found))
    if reason is not None:
        return Step(REFUSAL, one.id, one.type, record.arn, found, reason)
    triggered = ownership.OWNER in record.body and record.body.get(ownership.TRIGGER) != one.trigger
    if triggered or any(difference.effect == REPLACE for difference in found):
        return Step(REPLACEMENT, one.id, one.type, record.arn, found)
    return Step(UPDATE if found else NOTHING, one.id, one.type, record.arn, found)


def deletions(declaration: Declaration, existing: Mapping[str, Record]) -> Iterator[Step]:
    """A step for each resource that is not declared any more, dependents first."""
    order = {name: number for number, name in enumerate(TYPES)}
    left = [(id, record) for id, record in existing.items() if id not in declaration.resources]
    for id, record in sorted(left, key=lambda one: -order[one[1].resource_type]):
        yield Step(DELETE, id, record.resource_type, record.arn, reason=TYPES[record.resource_type].kept)
