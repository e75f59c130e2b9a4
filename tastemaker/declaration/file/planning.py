"""The plan: what has to happen so that the service has what a file declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.contracts.campaign_alias import target_of
from tastemaker.control.core.records import Record
from tastemaker.declaration.declarations import Declaration, DeclaredResource, references, resolved
from tastemaker.declaration.desired import Difference, differences
from tastemaker.declaration.file.api import STACK, name_in
from tastemaker.declaration.file.existing import Existing, next_name
from tastemaker.declaration.file.staying import Holders, holders, listed, named, not_prunable, owned_by
from tastemaker.declaration.plan import CREATE, DELETE, NOTHING, REFUSAL, REPLACEMENT, UPDATE
from tastemaker.declaration.types import IN_PLACE, TYPES

FAILURES = (statuses.FAILED, statuses.JOB_FAILED, statuses.STOPPED)
LOSSES: Mapping[str, str] = {
    "DatasetGroup": "everything in it",
    "Dataset": "its data: imported rows and streamed events",
    "EventTracker": "its tracking ID, which clients send events with",
    "Solution": "its solution versions, which are trained models",
    "Campaign": "its answers",
    "Recommender": "its model and its answers",
    "Filter": "requests with it, which fail",
    "MetricAttribution": "the reports that it has not written yet",
}
"""What the deletion of a resource loses."""
MEANWHILE = ("Campaign", "Recommender", "Filter")
"""Types whose replacement loses this only until the new resource is ACTIVE."""


@dataclass(frozen=True)
class PlannedStep:
    """What happens to one resource.

    `name` is its name in the service. `record` is what exists. `reasons` say why, and `loses` what a deletion
    loses. `one` is None for a resource that the file does not declare.
    """

    action: str
    id: str
    type: str
    name: str
    one: DeclaredResource | None = None
    record: Record | None = None
    differences: tuple[Difference, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What a person calls it: the ID of a declared resource, otherwise the type and the name."""
        return self.id if self.one is not None else f"{self.type} {self.name}"

    @property
    def loses(self) -> str | None:
        """What is lost; None if nothing is, as with a resource whose creation failed."""
        if self.record is None or self.record.status in FAILURES:
            return None
        if self.action == REPLACEMENT and self.type in MEANWHILE:
            return f"{LOSSES[self.type]}, until the new one is ACTIVE"
        return LOSSES.get(self.type) if self.action in (REPLACEMENT, DELETE) else None

    @property
    def changes(self) -> bool:
        """Whether anything happens."""
        return self.action not in (NOTHING, REFUSAL)


@dataclass(frozen=True)
class Plan:
    """The steps in order: creations and updates as resources need each other, then deletions.

    `others` are resources in the dataset groups that the file does not declare and that stay. `has_prunable`
    says whether `--prune` would delete one of them. `notice` says why it deletes nothing.
    """

    steps: tuple[PlannedStep, ...]
    others: tuple[Record, ...] = ()
    has_prunable: bool = False
    notice: str = ""

    def of(self, *actions: str) -> list[PlannedStep]:
        """The steps with one of these actions."""
        return [step for step in self.steps if step.action in actions]

    @property
    def named_others(self) -> list[str]:
        """The type and the name of each of the others, with the reason why it stays."""
        return [named(one) for one in self.others]

    @property
    def is_empty(self) -> bool:
        """Whether everything is as declared."""
        return not any(step.changes or step.action == REFUSAL for step in self.steps)


def plan(declaration: Declaration, existing: Existing, *, prune: bool = False) -> Plan:
    """The plan for a declaration. With `prune`, what the file does not declare is deleted.

    What a stack declares stays, and so does an alias: clients name it.
    """
    planner = _Planner(declaration, existing)
    steps = [planner.step(one) for one in declaration.ordered()]
    others = sorted(existing.others, key=lambda record: _deletion_order(record.resource_type))
    kept = not_prunable(existing)
    held, pruned = holders(kept, existing), _prunable(others, kept, existing)
    if prune:
        steps = [_blocked(step, held, {}) for step in steps]
        staying = tuple(one for one in others if one not in pruned)
        return Plan((*steps, *map(_deletion, pruned)), staying, notice=existing.unknown_owners)
    steps = [_blocked(step, held, holders(others, existing)) for step in steps]
    return Plan(tuple(steps), tuple(others), has_prunable=bool(pruned))


def destruction(declaration: Declaration, existing: Existing, *, prune: bool = False) -> Plan:
    """The plan that deletes what is declared, dependents first. What a stack declares stays.

    The deletion of what contains something that stays is refused.
    """
    kept = not_prunable(existing)
    pruned = _prunable(existing.others, kept, existing) if prune else []
    kept += [record for record in existing.records.values() if STACK in record.body]
    held = holders(kept, existing)
    undeclared = {} if prune else holders(existing.others, existing)
    steps = [_deletion(record) for record in pruned if record.arn not in held]
    for one in reversed(declaration.ordered()):
        record = existing.records.get(one.id)
        if record is not None and TYPES[one.type].kept is None:
            name, stack = name_in(one.type, record.body), record.body.get(STACK)
            step = PlannedStep(DELETE, one.id, one.type, name, one, record)
            if stack is not None:
                step = replace(step, action=NOTHING, reasons=(owned_by(stack),))
            steps.append(_blocked(step, held, undeclared))
    steps.sort(key=lambda step: _deletion_order(step.type))
    deleted = {step.id for step in steps}
    staying = tuple(one for one in existing.others if one.arn not in deleted)
    return Plan(tuple(steps), staying, notice=existing.unknown_owners)


def _prunable(others: Iterable[Record], kept: Iterable[Record], existing: Existing) -> list[Record]:
    """The undeclared resources that `--prune` deletes: neither kept nor in use by what is."""
    stays = {one.arn for one in kept} | set(holders(kept, existing))
    return [one for one in others if one.arn not in stays]


def _deletion_order(resource_type: str) -> int:
    return -list(TYPES).index(resource_type)


def _deletion(record: Record) -> PlannedStep:
    name = name_in(record.resource_type, record.body)
    return PlannedStep(DELETE, record.arn, record.resource_type, name, None, record, (), ("not declared",))


def _blocked(step: PlannedStep, held: Holders, undeclared: Holders) -> PlannedStep:
    """The step, or a refusal if it would delete what contains something that stays.

    `held` is what `--prune` would not change, and `undeclared` what it would.
    """
    if step.record is None or step.action not in (REPLACEMENT, DELETE):
        return step
    arn = step.record.arn
    if arn in held:
        reason = f"it contains what stays, or is its target: {listed(held[arn])}"
    elif arn in undeclared:
        reason = (
            f"it contains what the file does not declare: {listed(undeclared[arn])}. Give --prune to delete "
            "that, too."
        )
    else:
        return step
    return replace(step, action=REFUSAL, reasons=(*step.reasons, reason))


class _Planner:
    def __init__(self, declaration: Declaration, existing: Existing) -> None:
        self.declaration, self.existing = declaration, existing
        self._arns: dict[str, str] = {}
        self._new: set[str] = set()

    def step(self, one: DeclaredResource) -> PlannedStep:
        """The step for a resource; those that it needs have theirs."""
        step = _respecting_stacks(self._step(one))
        if step.record is None or step.action in (CREATE, REPLACEMENT):
            self._new.add(one.id)
            self._arns[one.id] = f"(new {one.id})"
        else:
            self._arns[one.id] = step.record.arn
        return step

    def _step(self, one: DeclaredResource) -> PlannedStep:
        declared, record = TYPES[one.type], self.existing.records.get(one.id)
        name = str(one.properties[declared.name_member])
        step = PlannedStep(NOTHING, one.id, one.type, name, one, record)
        if record is None:
            return replace(step, action=CREATE)
        if record.status in statuses.DELETING:
            return replace(step, action=CREATE, reasons=("the old one is being deleted",))
        if declared.kept is not None:
            return self._once(step, one, record)
        if record.status in FAILURES and target_of(record.body) is None:  # an alias can move away from it
            reason = str(record.body.get("failureReason", record.status))
            return replace(step, action=REPLACEMENT, reasons=(f"the last attempt failed: {reason}",))
        request = dict(resolved(one.properties, self._arns))
        if "tags" not in request:
            record = record.with_(_tags=None)  # tags that are not declared belong to others
        if declared.only_one is not None:
            del request[declared.name_member]  # a label, and no reason to delete data
        found = tuple(differences(declared, request, record))
        replaced = tuple(self._replaced(one))
        forced = [found_one.path for found_one in found if found_one.effect != IN_PLACE]
        if forced or replaced:
            why = [f"{', '.join(forced)} cannot change in place"] if forced else []
            why += [f"{id} is replaced" for id in replaced]
            return replace(step, action=REPLACEMENT, differences=found, reasons=(*why, *_advice(one, forced)))
        return replace(step, action=UPDATE if found else NOTHING, differences=found)

    def _once(self, step: PlannedStep, one: DeclaredResource, record: Record) -> PlannedStep:
        """A job or a version: it is made once, and again with the next number if it failed."""
        again = next_name(step.name, self.existing.attempts.get(one.id, []))
        if record.status in FAILURES:
            reason = (
                f"{name_in(one.type, record.body)} failed: {record.body.get('failureReason', record.status)}"
            )
            return replace(step, action=CREATE, name=again, record=None, reasons=(reason,))
        lost = [ref.id for ref in references(one.properties) if ref.id in self._new]
        if lost:
            name = step.name if one.type == "SolutionVersion" else again
            reason = f"{', '.join(lost)} is new"
            return replace(step, action=CREATE, name=name, record=None, reasons=(reason,))
        request = dict(resolved(one.properties, self._arns))
        if one.type.startswith("Batch"):  # the latest version of the time when the job began
            request["solutionVersionArn"] = record.body["solutionVersionArn"]
        member = TYPES[one.type].name_member
        request[member] = record.body.get(member)
        if "tags" not in request:
            record = record.with_(_tags=None)
        found = tuple(differences(TYPES[one.type], request, record))
        if all(difference.effect == IN_PLACE for difference in found):
            return replace(step, action=UPDATE if found else NOTHING, differences=found)
        reason = f"it exists and cannot change. Declare it with another name to run it again: {again}"
        return replace(step, action=REFUSAL, differences=found, reasons=(reason,))

    def _replaced(self, one: DeclaredResource) -> Iterator[str]:
        """The resources that this one refers to and that are replaced under the same name."""
        for ref in references(one.properties):
            if ref.id in self._new and ref.id in self.existing.records:
                yield ref.id


def _respecting_stacks(step: PlannedStep) -> PlannedStep:
    """The step, or a refusal if it would change what a stack declares."""
    stack = None if step.record is None else step.record.body.get(STACK)
    if stack is None or step.action == CREATE:
        return step
    if step.action == NOTHING:
        return replace(step, reasons=(owned_by(stack),))
    reason = f"{owned_by(stack)}: change it there, or leave it out of the file and name its ARN"
    return replace(step, action=REFUSAL, reasons=(*step.reasons, reason))


def _advice(one: DeclaredResource, forced: list[str]) -> Iterator[str]:
    """How the change is possible without a loss."""
    if one.type == "Schema":
        yield (
            "a dataset that uses it is replaced, too. To keep the data, declare a second schema and refer to "
            "it: Items and Users accept a schema with more columns"
        )
    elif one.type == "Campaign" and "solutionVersionArn" in forced:
        yield (
            "a campaign keeps its solution. To move without a gap, declare a second campaign, and an alias "
            "that clients name"
        )
    elif one.type in ("Filter", "Solution", "Recommender") and forced != ["datasetGroupArn"]:
        yield "to keep the old one meanwhile, declare the new one under another key"


def request_for(step: PlannedStep, arns: Mapping[str, str]) -> dict[str, Any]:
    """The Create request of a step. Raises KeyError if an ARN is not known yet."""
    assert step.one is not None
    request: dict[str, Any] = dict(resolved(step.one.properties, arns))
    return {**request, TYPES[step.type].name_member: step.name}
