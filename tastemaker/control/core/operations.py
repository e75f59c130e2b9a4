"""The operations of a resource type: create, describe, list and delete, the same for every type."""

from collections.abc import Iterable

from tastemaker.contracts import statuses
from tastemaker.contracts.arns import execution_name
from tastemaker.control.core import pagination, tags
from tastemaker.control.core.context import Context
from tastemaker.control.core.declaration import (
    ALWAYS,
    NEVER,
    Body,
    Declaration,
    Operation,
    Reference,
    Request,
)
from tastemaker.control.core.ports import StartError
from tastemaker.control.core.quotas import check_quota
from tastemaker.control.core.records import Record
from tastemaker.errors import ResourceInUse


class Operations(Declaration):
    """The operations that follow from a declaration."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def operations(self) -> dict[str, Operation]:
        """The name of each operation and the function that runs it."""
        table: dict[str, Operation] = {}
        for verb in self.verbs:
            name = self.list_name if verb == "List" else self.name
            table[f"{verb}{name}"] = getattr(self, verb.lower())
        return table

    # --- Create ---

    def create(self, request: Request) -> Body:
        """Check the request, store the record and start its workflow.

        Raises the errors that Personalize documents for the operation.
        """
        self.context.ports.caller_limits.check(request)
        given_tags = tags.given_in(request)
        referenced = self.find_references(request)
        body = self.build_body(request, referenced)
        parent = self.parent(body, referenced)
        self._check_quota(body, parent)
        now = self.context.now()
        arn = self.context.ports.scope.arn(self.suffix(body))
        body |= {
            self.arn_member: arn,
            "creationDateTime": now,
            "lastUpdatedDateTime": now,
            "_tags": given_tags,
        }
        if self.first_status is not None:
            body.setdefault("status", self.first_status)
        record = Record(arn, self.name, body, parent, now)
        touched = [one for one in referenced.values() if self.touches(one)]
        unchanged = [one for one in referenced.values() if one not in touched]
        record = self.context.writer.add(record, self.aliases(arn, body), unchanged, touched)
        return self.start_workflow(record).body

    def find_references(self, request: Request) -> dict[str, Record]:
        """The records that a request names. Raises InvalidInput, ResourceNotFound or ResourceInUse."""
        referenced = {}
        for reference in self.references:
            if reference.member in request:
                find = self.context.records.find_active if reference.active else self.context.records.find
                referenced[reference.member] = find(reference.resource_type, request[reference.member])
        return referenced

    def start_workflow(self, record: Record) -> Record:
        """Start the workflow that makes the record ACTIVE. If it cannot start, the record gets the reason.

        Recurring work is scheduled first: if this function ends in between, the record is still PENDING and
        reconciliation does everything again.
        """
        if self.workflow is None:
            return record
        try:
            self.schedule_work(record)
            name = execution_name(record.arn, record.created_at)
            self.context.ports.workflows.start(self.workflow, name, self.workflow_input(record))
        except StartError as error:
            return self.context.writer.change(record, status=self.failed_status, failureReason=str(error))
        return record

    # --- Describe and List ---

    def describe(self, request: Request) -> Body:
        """Return one resource. Raises InvalidInput or ResourceNotFound."""
        return {
            self.member: self.describe_body(self.context.records.find(self.name, request[self.arn_member]))
        }

    def list(self, request: Request) -> Body:
        """Return one page, newest first. The list of a parent that does not exist is empty."""
        operation = f"List{self.list_name}"
        parent = request.get(self.list_by) if self.list_by else None
        if parent is not None:
            self.check_list_parent(parent)
        page = self.context.ports.repository.list(
            resource_type=self.name,
            parent=parent,
            start=pagination.start_of(operation, request),
            limit=pagination.size_of(request),
        )
        bodies = [self.list_body(record) for record in page.records]
        return {self.list_member: bodies, "nextToken": pagination.token(operation, request, page.next)}

    def check_list_parent(self, arn: str) -> None:
        """Raises InvalidInput for an ARN of another resource type."""
        if self.references and self.references[0].member == self.list_by:
            self.context.records.check_arn(self.references[0].resource_type, arn)

    # --- Delete ---

    def delete(self, request: Request) -> None:
        """Remove the record at once or, if the resource has data, through the delete workflow."""
        record = self.context.records.find(self.name, request[self.arn_member])
        again = record.status in statuses.DELETING and "failureReason" in record.body
        if record.in_transition and self.has_execution(record) and not again:
            raise ResourceInUse(f"{record.arn} has the status {record.status}; wait until that has ended.")
        self.check_deletable(record)
        self.check_unused(record)
        self.before_delete(record)
        if not self.has_data:
            self.context.writer.remove(record)
            return
        before = record.status
        record = self.context.writer.change(record, status=statuses.DELETE_PENDING, failureReason=None)
        try:
            self.check_unused(record)  # a reference may have been created while the status was still ACTIVE
            name = execution_name(record.arn, record.body["lastUpdatedDateTime"])
            self.context.ports.workflows.start("delete", name, {"arn": record.arn})
        except (ResourceInUse, StartError):
            self.context.writer.change(record, status=before)
            raise

    def check_unused(self, record: Record) -> None:
        """Raises ResourceInUse if a reference from another resource blocks the deletion."""
        for other in self.context.declarations.values():
            for number, reference in enumerate(other.references):
                if reference.resource_type == self.name and reference.blocks_deletion != NEVER:
                    parent = record.arn if number == 0 else None
                    self._check_unreferenced(record, reference, other.name, parent)

    def _check_unreferenced(
        self, record: Record, reference: Reference, resource_type: str, parent: str | None
    ) -> None:
        for other in self.context.records.each_current(resource_type, parent):
            if other.body.get(reference.member) != record.arn:
                continue
            if reference.blocks_deletion == ALWAYS:
                raise ResourceInUse(f"{record.arn} is used by {other.arn}; delete that first.")
            ensure_ended(other)

    # --- quotas ---

    def _check_quota(self, body: Body, parent: str | None) -> None:
        quotas = self.context.ports.quotas
        if self.quota is None or quotas.get(self.quota) is None:
            return
        peers = self.peers(body, parent)
        if self.quota_counts_in_transition:
            peers = (record for record in peers if record.in_transition)
            check_quota(quotas, self.quota, peers, "resources in PENDING or IN_PROGRESS status")
        else:
            check_quota(quotas, self.quota, peers, "resources in ACTIVE state")

    def peers(self, body: Body, parent: str | None) -> Iterable[Record]:
        """The records that count towards the same quota."""
        return self.context.records.each(self.name, None if self.quota_counts_in_transition else parent)


def ensure_ended(record: Record) -> None:
    """Raises ResourceInUse while the status of a record is in transition."""
    if record.in_transition:
        raise ResourceInUse(f"{record.arn} has the status {record.status}; wait until it has ended.")
