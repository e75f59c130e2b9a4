"""The one shape of every resource: what it refers to, its rules, its life, and the operations that follow."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from tastemaker.control.core import pagination, statuses, tags
from tastemaker.control.core.arns import work_name
from tastemaker.control.core.context import Desk
from tastemaker.control.core.ports import WorkError
from tastemaker.control.core.records import Record
from tastemaker.errors import Conflict, ResourceInUse

Body = dict[str, Any]
Request = Mapping[str, Any]
Operation = Callable[[dict[str, Any]], Mapping[str, Any] | None]

ALWAYS, WHILE_MOVING, NEVER = "always", "while moving", "never"
_ATTEMPTS = 3


@dataclass(frozen=True)
class Reference:
    """A member that names another resource.

    `active`: the other must be ACTIVE when this is created. `holds`: when this keeps the other from being
    deleted: always, while work on this is under way, or never.
    """

    member: str
    kind: str
    active: bool = True
    holds: str = ALWAYS


class Kind:
    """One kind of resource. A subclass sets the class attributes and overrides the hooks that differ.

    `name` is the word in the operations' names; the wire's members follow from it. The first of
    `refers` is
    the parent, by which lists are filtered, unless `parent` says otherwise.
    """

    name: ClassVar[str]
    segment: ClassVar[str]
    refers: ClassVar[tuple[Reference, ...]] = ()
    name_member: ClassVar[str] = "name"
    verbs: ClassVar[tuple[str, ...]] = ("Create", "Describe", "List", "Delete")
    first_status: ClassVar[str | None] = statuses.ACTIVE
    failed_status: ClassVar[str] = statuses.FAILED
    workflow: ClassVar[str | None] = None
    purged: ClassVar[bool] = False
    taggable: ClassVar[bool] = True
    quota: ClassVar[str | None] = None
    quota_counts_moving: ClassVar[bool] = False

    # --- names that follow from the name ---

    @property
    def member(self) -> str:
        return self.name[0].lower() + self.name[1:]

    @property
    def arn_member(self) -> str:
        return f"{self.member}Arn"

    @property
    def list_name(self) -> str:
        return f"{self.name}s"

    @property
    def list_member(self) -> str:
        return f"{self.member}s"

    @property
    def list_by(self) -> str | None:
        """The request member that narrows a list to one parent."""
        return self.refers[0].member if self.refers else None

    @property
    def label(self) -> str:
        """The name as people say it: "dataset import job"."""
        return " ".join(re.findall(r"[A-Z][a-z]*", self.name)).lower()

    @property
    def deletable(self) -> bool:
        return "Delete" in self.verbs

    def owns(self, arn: str) -> bool:
        """Whether an ARN with this kind's segment names this kind (solutions and their versions share
        one)."""
        return True

    # --- hooks ---

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        """The rules of creation, and what the record holds. `found`: member → the record that it names."""
        return {name: value for name, value in request.items() if name != "tags"}

    def suffix(self, desk: Desk, body: Body) -> str:
        """The part of the ARN after the account."""
        return f"{self.segment}/{body[self.name_member]}"

    def parent(self, body: Body, found: Mapping[str, Record]) -> str | None:
        return body.get(self.refers[0].member) if self.refers else None

    def aliases(self, arn: str, body: Body) -> dict[str, str]:
        """Other keys that lead to the record, each taken once: they make names and "only one" hold."""
        return {}

    def shown(self, desk: Desk, record: Record) -> Body:
        """What Describe answers from."""
        return record.body

    def check_deletable(self, desk: Desk, record: Record) -> None:
        """Rules of deletion beyond who refers to the record. Raises ResourceInUse."""

    def before_delete(self, desk: Desk, record: Record) -> None:
        """What must end when deletion begins."""

    def belongings(self, desk: Desk, record: Record) -> dict[str, Any]:
        """What the delete workflow purges: `prefixes` in the lake, and keys in tables."""
        return {}

    def schedule_work(self, desk: Desk, record: Record) -> None:
        """Schedule what recurs as long as the record lives. Raises WorkError."""

    def work_request(self, record: Record) -> dict[str, Any]:
        """The input of the workflow that creation starts."""
        return {self.arn_member: record.arn}

    # --- operations ---

    def operations(self, desk: Desk) -> dict[str, Operation]:
        """Operation name → what does it."""
        table: dict[str, Operation] = {}
        for verb in self.verbs:
            name = self.list_name if verb == "List" else self.name
            table[f"{verb}{name}"] = partial(getattr(self, verb.lower()), desk)
        return table

    def create(self, desk: Desk, request: Request) -> Body:
        """Check, store, start the work. Raises what personalize answers for each failure."""
        for attempt in range(_ATTEMPTS):
            try:
                return self._create(desk, request)
            except Conflict:  # something it refers to was written meanwhile: look again
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    def _create(self, desk: Desk, request: Request) -> Body:
        given_tags = tags.given_in(request)
        found = self.references(desk, request)
        body = self.members(desk, request, found)
        parent = self.parent(body, found)
        self._check_quota(desk, body, parent)
        now = desk.now()
        arn = desk.place.arn(self.suffix(desk, body))
        body |= {
            self.arn_member: arn,
            "creationDateTime": now,
            "lastUpdatedDateTime": now,
            "_tags": given_tags,
        }
        if self.first_status is not None:
            body["status"] = self.first_status
        record = Record(arn, self.name, body, parent, now)
        record = desk.add(record, self.aliases(arn, body), found.values())
        return self.begin_work(desk, record).body

    def references(self, desk: Desk, request: Request) -> dict[str, Record]:
        """The records that a request names, checked. Raises InvalidInput, ResourceNotFound or
        ResourceInUse."""
        found = {}
        for reference in self.refers:
            if reference.member in request:
                find = desk.find_active if reference.active else desk.find
                found[reference.member] = find(reference.kind, request[reference.member])
        return found

    def begin_work(self, desk: Desk, record: Record) -> Record:
        """Start the workflow that makes the record ACTIVE; a record whose work cannot start says why.

        What recurs is scheduled first: if this ends in between, the record is PENDING and all is done again.
        """
        if self.workflow is None:
            return record
        try:
            self.schedule_work(desk, record)
            desk.work.start(
                self.workflow, work_name(record.arn, record.created_at), self.work_request(record)
            )
        except WorkError as error:
            return desk.change(record, status=self.failed_status, failureReason=str(error))
        return record

    def describe(self, desk: Desk, request: Request) -> Body:
        return {self.member: self.shown(desk, desk.find(self.name, request[self.arn_member]))}

    def list(self, desk: Desk, request: Request) -> Body:
        """One page, newest first. A parent that does not exist has an empty list."""
        operation = f"List{self.list_name}"
        parent = request.get(self.list_by) if self.list_by else None
        if parent is not None:
            self.check_list_parent(desk, parent)
        page = desk.repository.list(
            kind=self.name,
            parent=parent,
            start=pagination.start_of(operation, request),
            limit=pagination.size_of(request),
        )
        bodies = [record.body for record in page.records]
        return {self.list_member: bodies, "nextToken": pagination.token(operation, request, page.next)}

    def check_list_parent(self, desk: Desk, arn: str) -> None:
        """Raises InvalidInput for an ARN of another kind."""
        if self.refers and self.refers[0].member == self.list_by:
            desk.check_kind(self.refers[0].kind, arn)

    def delete(self, desk: Desk, request: Request) -> None:
        """Remove the record, at once or, where data belong to it, by the delete workflow."""
        record = desk.find(self.name, request[self.arn_member])
        again = record.status in statuses.DELETING and "failureReason" in record.body
        if record.status in statuses.MOVING and not again:
            raise ResourceInUse(f"{record.arn} has the status {record.status}; wait until that has ended.")
        self.check_deletable(desk, record)
        self.check_unused(desk, record)
        self.before_delete(desk, record)
        if not self.purged:
            desk.remove(record)
            return
        before = record.status
        record = desk.change(record, status=statuses.DELETE_PENDING, failureReason=None)
        try:
            self.check_unused(desk, record)  # somebody may have come while the status was still ACTIVE
            name = work_name(record.arn, record.body["lastUpdatedDateTime"])
            desk.work.start("delete", name, {"arn": record.arn})
        except (ResourceInUse, WorkError):
            desk.change(record, status=before)
            raise

    def check_unused(self, desk: Desk, record: Record) -> None:
        """Raises ResourceInUse if another resource holds this one."""
        for kind in desk.kinds.values():
            for number, reference in enumerate(kind.refers):
                if reference.kind != self.name or reference.holds == NEVER:
                    continue
                parent = record.arn if number == 0 else None
                for other in desk.each_now(kind.name, parent):
                    if other.body.get(reference.member) != record.arn:
                        continue
                    if reference.holds == ALWAYS:
                        raise ResourceInUse(f"{record.arn} is used by {other.arn}; delete that first.")
                    if other.status in statuses.MOVING:
                        raise ResourceInUse(
                            f"{other.arn} has the status {other.status}; wait until it has ended."
                        )

    def _check_quota(self, desk: Desk, body: Body, parent: str | None) -> None:
        if self.quota is None or desk.quotas.get(self.quota) is None:
            return
        peers = self.peers(desk, body, parent)
        if self.quota_counts_moving:
            moving = (record for record in peers if record.status in statuses.MOVING)
            desk.check_quota(self.quota, moving, "resources in PENDING or IN_PROGRESS status")
        else:
            desk.check_quota(self.quota, peers, "resources in ACTIVE state")

    def peers(self, desk: Desk, body: Body, parent: str | None) -> Iterable[Record]:
        """The records that count towards the same quota."""
        return desk.each(self.name, None if self.quota_counts_moving else parent)

    # --- life: called by the steps of workflows, each safe to repeat ---

    def begin(self, desk: Desk, record: Record, request: Request, execution: str) -> dict[str, Any]:
        """Mark work as begun and answer its plan; `{"skip": True}` if there is nothing to do any more."""
        raise NotImplementedError(f"{self.name} has no workflow")

    def succeed(self, desk: Desk, record: Record, plan: Request, result: Request) -> None:
        """Take over what the work made."""
        raise NotImplementedError(f"{self.name} has no workflow")

    def fail(self, desk: Desk, record: Record, reason: str) -> None:
        """The work failed: say why; what served before goes on serving."""
        if record.status in (statuses.PENDING, statuses.IN_PROGRESS):
            desk.change(record, status=statuses.FAILED, failureReason=reason)

    def start_moving(self, desk: Desk, record: Record, execution: str) -> Record | None:
        """PENDING, or FAILED and started again → IN_PROGRESS; again for the same execution; None for a record
        that is past that, or that another execution works on."""
        if record.status in (statuses.PENDING, statuses.FAILED):
            return desk.change(record, status=statuses.IN_PROGRESS, failureReason=None, _execution=execution)
        if record.status == statuses.IN_PROGRESS and record.body.get("_execution") == execution:
            return record
        return None
