"""The lifecycle of one declared resource: create, update, delete, each as a step that can be repeated.

A step never waits. It does what can be done now and returns an outcome; `Waiting` means that the caller
repeats the step later. A step that is repeated, or interrupted anywhere, leads to the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.control import registry
from tastemaker.control.core.control_plane import ControlPlane
from tastemaker.control.core.ports import StartError
from tastemaker.control.core.records import Record
from tastemaker.control.resources.campaign import LATEST
from tastemaker.declaration import ownership
from tastemaker.declaration.desired import Difference, differences, refusal
from tastemaker.declaration.outcomes import Change, Done, Failed, Outcome, Waiting, generated_name
from tastemaker.declaration.removal import Removal
from tastemaker.declaration.types import REPLACE, TYPES, DeclaredType
from tastemaker.declaration.updates import update_calls
from tastemaker.errors import LimitExceeded, ResourceAlreadyExists, ResourceInUse, TastemakerError
from tastemaker.wire.parsing import read

WAITS_UNTIL_ACTIVE = frozenset({"Campaign", "DatasetImportJob"})
"""Types whose creation waits by default: it takes minutes, and a failure should roll back."""
FAILURES = (statuses.FAILED, statuses.JOB_FAILED, statuses.STOPPED)


class DeclaredLifecycle:
    """Creates, updates and deletes declared resources in a control plane."""

    def __init__(self, control: ControlPlane) -> None:
        self.control = control
        self._operations = registry.operations(control)
        self._removal = Removal(control, self._operations)

    # --- create ---

    def create(self, change: Change) -> Outcome:
        """Create the resource, or go on where an earlier step of the same request ended."""
        return self._answer(lambda: self._create(change))

    def _create(self, change: Change) -> Outcome:
        declared = TYPES[change.resource_type]
        request = self._request(declared, change)
        record = self.find(declared, request)
        if record is None:
            return self._create_new(declared, request, change)
        if ownership.created_by(record, change.owner, change.request_id):
            return self._settled(record, change)
        if change.adopt:
            return self._adopt(declared, record, request, change)
        name = request[declared.name_member]
        return Failed(
            f"{record.arn} exists already. Declare another {declared.name_member} than {name}, or none, so "
            "that one is generated; or set ImportExisting to true to take over the existing resource."
        )

    def _create_new(self, declared: DeclaredType, request: dict[str, Any], change: Change) -> Outcome:
        self._check_references(declared, request)
        extra = {"awaitFirstVersion": True} if _follows_latest(declared, request) else {}
        marks = {
            ownership.OWNER: change.owner,
            ownership.REQUEST: change.request_id,
            ownership.CREATED: change.request_id,
            ownership.DECLARED: dict(change.properties),
            ownership.TRIGGER: change.trigger,
        }
        given = {name: value for name, value in marks.items() if value is not None}
        try:
            self._operations[f"Create{declared.name}"]({**request, **extra, **given})
        except LimitExceeded as error:
            if not self.control.resource_types[declared.name].quota_counts_in_transition:
                raise
            return Waiting(str(error))
        record = self.find(declared, request)
        assert record is not None
        return self._settled(record, change)

    def _adopt(
        self, declared: DeclaredType, record: Record, request: dict[str, Any], change: Change
    ) -> Outcome:
        found = differences(declared, request, record)
        if found:
            listed = "; ".join(f"{one.path} is {one.before!r} and not {one.after!r}" for one in found)
            return Failed(
                f"{record.arn} cannot be imported, because it differs from its declaration: {listed}. "
                "Declare what exists, deploy, and change it then."
            )
        record = self._mark(record, change, **{ownership.ADOPTED: True})
        return self._settled(record, change)

    # --- update ---

    def update(self, change: Change, arn: str) -> Outcome:
        """Change the resource until it is as declared.

        A changed property that cannot change in place makes a new resource, and the outcome has its ARN. If
        that fails, the old one is as before.
        """
        return self._answer(lambda: self._update(change, arn), arn)

    def _update(self, change: Change, arn: str) -> Outcome:
        declared = TYPES[change.resource_type]
        if self._has_strays(change.resource_type, change.owner):
            return Waiting(f"what a failed update has left beside {arn} is being deleted", arn)
        record = self.control.records.get(arn)
        if record is None:
            return self._create(change)  # deleted outside: it is created again
        if record.status in statuses.DELETING:
            return Waiting(f"{arn} is being deleted", arn)
        if ownership.owner_of(record) != change.owner:
            return Failed(f"{arn} is not declared by this stack any more; import or rename it.", arn)
        if ownership.was_created_by(record, change.owner, change.request_id):
            return self._settled(record, change)  # this very request has created it
        request = self._request(declared, change, record)
        found = differences(declared, request, record)
        reason = refusal(declared, found)
        if reason is not None:
            return Failed(reason, arn)
        if any(one.effect == REPLACE for one in found) or self._is_triggered(record, change):
            return self._replace(change, arn)
        return self._converge(declared, record, request, found, change)

    def _is_triggered(self, record: Record, change: Change) -> bool:
        return record.body.get(ownership.TRIGGER) != change.trigger

    def _replace(self, change: Change, arn: str) -> Outcome:
        """Create the new resource beside the old one, which the caller deletes when all has succeeded.

        A rollback finds the resource that was replaced before, if it is still there, and returns to it.
        """
        earlier = self._earlier(change, arn)
        if earlier is not None:
            return self._settled(self._mark(earlier, change), change)
        outcome = self._create(change)
        if isinstance(outcome, Failed):
            self.discard(change.resource_type, change.owner, change.request_id)
            return replace(outcome, arn=arn)
        return outcome

    def discard(self, resource_type: str, owner: str, request_id: str) -> None:
        """Delete what a failed request has created. The next request deletes what is still in use."""
        arn = self.created_by(resource_type, owner, request_id)
        if arn is None or isinstance(self.delete(arn, owner), Done):
            return
        record = self.control.records.get(arn)
        if record is not None:
            self.control.writer.change_private(record, **{ownership.STRAY: True})

    def _has_strays(self, resource_type: str, owner: str) -> bool:
        """Delete what failed requests have left. Returns whether something is still there."""
        strays = [
            record.arn
            for record in self.control.records.each_current(resource_type)
            if ownership.owner_of(record) == owner and ownership.STRAY in record.body
        ]
        outcomes = [self.delete(arn, owner) for arn in strays]
        return not all(isinstance(outcome, Done) for outcome in outcomes)

    def _converge(
        self,
        declared: DeclaredType,
        record: Record,
        request: dict[str, Any],
        found: list[Difference],
        change: Change,
    ) -> Outcome:
        for member, update in record.updates.items():
            if update["status"] in statuses.IN_TRANSITION:
                return Waiting(f"{member} has the status {update['status']}", record.arn)
            started = ownership.created_by(record, change.owner, change.request_id)
            if found and started and update["status"] == statuses.FAILED:
                return Failed(str(update.get("failureReason", "The update failed.")), record.arn)
        if not found:
            record = self._mark(record, change)
            return Done(record.arn, self.attributes(record))
        for operation, call in update_calls(record, request, found):
            self._operations[operation](call)
        self._mark(self._now(record.arn), change)
        changed = self._now(record.arn)
        if changed.has_pending_work:
            return Waiting(f"The update of {record.arn} goes on", record.arn)
        left = differences(declared, request, changed)
        if left:
            return Failed(
                f"{', '.join(one.path for one in left)} of {record.arn} did not change.", record.arn
            )
        return Done(record.arn, self.attributes(changed))

    def _earlier(self, change: Change, arn: str) -> Record | None:
        """Another resource of the same declaration that is as declared."""
        declared = TYPES[change.resource_type]
        for listed in self.control.records.each(change.resource_type):
            record = self.control.records.get(listed.arn)
            if record is None or record.arn == arn or ownership.owner_of(record) != change.owner:
                continue
            request = self._request(declared, change, record)
            same = not differences(declared, request, record) and not self._is_triggered(record, change)
            if same and record.status not in statuses.DELETING:
                return record
        return None

    # --- delete ---

    def delete(self, arn: str | None, owner: str) -> Outcome:
        """Delete the resource, if it exists and belongs to the declaration. Repeat until it is Done."""
        return self._answer(lambda: self._removal.step(arn, owner), arn)

    def delete_all(self, resource_type: str, arn: str | None, owner: str) -> Outcome:
        """As `delete`, and also delete what failed updates have left beside the resource."""
        if self._has_strays(resource_type, owner):
            return Waiting(f"what a failed update has left beside {arn} is being deleted", arn)
        return self.delete(arn, owner)

    def created_by(self, resource_type: str, owner: str, request_id: str) -> str | None:
        """The ARN of the resource that a request has created, if it exists."""
        for listed in self.control.records.each_current(resource_type):
            if ownership.was_created_by(listed, owner, request_id):
                return listed.arn
        return None

    def owned_by(self, resource_type: str, owner: str) -> str | None:
        """The ARN of the resource that a declaration owns, if it exists."""
        for listed in self.control.records.each_current(resource_type):
            if ownership.owner_of(listed) == owner:
                return listed.arn
        return None

    # --- common ---

    def find(self, declared: DeclaredType, request: Mapping[str, Any]) -> Record | None:
        """The record that a request would create, if it exists."""
        records = self.control.records
        if declared.name == "EventTracker":
            return records.by_alias(f"event-tracker-name/{request['name']}")
        if declared.name == "SolutionVersion":
            return records.by_alias(f"solution-version-name/{request['solutionArn']}/{request['name']}")
        resource_type = self.control.resource_types[declared.name]
        body = dict(request)
        if "datasetType" in body:
            body["datasetType"] = body["datasetType"].upper()
        return records.get(self.control.ports.scope.arn(resource_type.suffix(body)))

    def attributes(self, record: Record) -> dict[str, str]:
        """What `Fn::GetAtt` returns of a resource."""
        declared = TYPES[record.resource_type]
        shown = {declared.arn_member: record.arn, "name": record.body.get(declared.name_member)}
        shown |= {name: record.body.get(name) for name in ("trackingId", "status")}
        return {f"{name[0].upper()}{name[1:]}": str(value) for name, value in shown.items() if value}

    def _request(
        self, declared: DeclaredType, change: Change, existing: Record | None = None
    ) -> dict[str, Any]:
        """The validated Create request, with a generated name. Raises InvalidInput."""
        request = dict(change.properties)
        member, generated = declared.name_member, generated_name(change.name, change.request_id)
        request.setdefault(member, generated)
        valid: dict[str, Any] = read(request, declared.shape)
        if existing is not None and member not in change.properties:
            del valid[member]  # the name that was generated at creation stays
        if declared.name.startswith("Batch") and valid["solutionVersionArn"].endswith(LATEST):
            valid["solutionVersionArn"] = self._latest(valid["solutionVersionArn"], existing)
        return valid

    def _latest(self, arn: str, existing: Record | None) -> str:
        """The version that a batch job uses which is declared for the latest one. Raises ResourceInUse."""
        solution = arn.removesuffix(LATEST)
        used = None if existing is None else str(existing.body["solutionVersionArn"])
        if used is not None and used.startswith(f"{solution}/"):
            return used  # a job has used what was the latest version when it was created
        for version in self.control.records.each_current("SolutionVersion", solution):
            if version.status == statuses.ACTIVE:
                return version.arn
        raise ResourceInUse(f"{solution} has no ACTIVE solution version yet; wait for one.")

    def _check_references(self, declared: DeclaredType, request: Mapping[str, Any]) -> None:
        """Raise an error for a reference to a resource that has failed: waiting for it would not help."""
        for member in declared.references:
            given = request.get(member)
            record = self.control.records.get(given) if given else None
            if record is not None and record.status in FAILURES:
                reason = record.body.get("failureReason", "it was stopped")
                raise _UnusableError(f"{record.arn} has the status {record.status}: {reason}")

    def _settled(self, record: Record, change: Change) -> Outcome:
        """The outcome for a record that exists as declared: Done, or what there is to wait for."""
        if record.status in FAILURES:
            reason = record.body.get("failureReason", "it was stopped")
            return Failed(f"{record.arn} has the status {record.status}: {reason}", record.arn)
        wait = change.resource_type in WAITS_UNTIL_ACTIVE if change.wait is None else change.wait
        has_execution = self.control.resource_types[record.resource_type].has_execution(record)
        if record.in_transition and wait and (has_execution or change.wait):
            return Waiting(f"{record.arn} has the status {record.status}", record.arn)
        return Done(record.arn, self.attributes(record))

    def _mark(self, record: Record, change: Change, **more: Any) -> Record:
        marks = {
            ownership.OWNER: change.owner,
            ownership.REQUEST: change.request_id,
            ownership.DECLARED: dict(change.properties),
            ownership.TRIGGER: change.trigger,
        }
        return self.control.writer.change_private(record, **marks, **more)

    def _now(self, arn: str) -> Record:
        record = self.control.records.get(arn)
        if record is None:
            raise ResourceInUse(f"{arn} was deleted meanwhile.")
        return record

    def _answer(self, step: Callable[[], Outcome], arn: str | None = None) -> Outcome:
        """The outcome of a step. What the caller must wait for is an outcome, and so is every refusal."""
        try:
            return step()
        except ResourceAlreadyExists as error:
            return Failed(str(error), arn)
        except ResourceInUse as error:
            return Waiting(str(error), arn)
        except _UnusableError as error:
            return Failed(str(error), arn)
        except TastemakerError as error:
            if error.code == ResourceInUse.code:  # another writer at the same time
                return Waiting(str(error), arn)
            return Failed(error.message, arn)
        except StartError as error:
            return Failed(str(error), arn)


class _UnusableError(Exception):
    """A resource that is referred to has failed."""


def _follows_latest(declared: DeclaredType, request: Mapping[str, Any]) -> bool:
    return declared.name == "Campaign" and request["solutionVersionArn"].endswith(LATEST)
