"""Drift: how declared resources differ from what was declared, after changes by the API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tastemaker.contracts import statuses
from tastemaker.control.core.control_plane import ControlPlane
from tastemaker.control.core.records import Record
from tastemaker.declaration import ownership
from tastemaker.declaration.desired import Difference, differences
from tastemaker.declaration.types import TYPES

IN_SYNC, MODIFIED, DELETED, NOT_DECLARED = "IN_SYNC", "MODIFIED", "DELETED", "NOT_DECLARED"
"""CloudFormation's words for drift, and one for a resource that no declaration owns."""


@dataclass(frozen=True)
class Drift:
    """The drift of one resource."""

    arn: str
    status: str
    owner: str | None = None
    differences: tuple[Difference, ...] = ()


def drift_of(control: ControlPlane, arn: str) -> Drift:
    """The drift of the resource with an ARN."""
    record = control.records.get(arn)
    if record is None or record.status in statuses.DELETING:
        return Drift(arn, DELETED)
    return _drift(record)


def declared_drift(control: ControlPlane, owner: str = "") -> Iterator[Drift]:
    """The drift of every declared resource whose owner begins with `owner`: a stack's ARN, for example."""
    for resource_type in TYPES:
        for record in control.records.each_current(resource_type):
            found = ownership.owner_of(record)
            if found is not None and found.startswith(owner):
                yield _drift(record)


def drifts(control: ControlPlane, arns: Iterable[str]) -> list[Drift]:
    """The drift of each resource, in the given order."""
    return [drift_of(control, arn) for arn in arns]


def _drift(record: Record) -> Drift:
    owner, declared = ownership.owner_of(record), ownership.declared_of(record)
    if declared is None:
        return Drift(record.arn, NOT_DECLARED)
    request = dict(declared)
    if record.resource_type.startswith("Batch"):  # a job for the latest version has the one of that time
        request["solutionVersionArn"] = record.body["solutionVersionArn"]
    found = tuple(differences(TYPES[record.resource_type], request, record))
    return Drift(record.arn, MODIFIED if found else IN_SYNC, owner, found)
