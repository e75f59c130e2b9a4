"""Reading records: by ARN, by type and by parent, with the errors that Personalize documents."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tastemaker.contracts import statuses
from tastemaker.contracts.arns import AccountScope, segment_of
from tastemaker.control.core.declaration import Declaration
from tastemaker.control.core.records import Record, Repository
from tastemaker.errors import InvalidInput, ResourceInUse, ResourceNotFound


@dataclass(frozen=True)
class RecordFinder:
    """Finds records. `declarations` maps the name of a resource type to its declaration."""

    repository: Repository
    scope: AccountScope
    declarations: Mapping[str, Declaration]

    def get(self, arn: str) -> Record | None:
        """The record of an ARN, read consistently, or None."""
        return self.repository.get(arn)

    def by_alias(self, alias: str) -> Record | None:
        """The record that an alias stands for, or None."""
        arn = self.repository.target(alias)
        return None if arn is None else self.repository.get(arn)

    def check_arn(self, resource_type: str, arn: str) -> None:
        """Raises InvalidInput unless the ARN is one of this resource type."""
        expected = self.declarations[resource_type]
        if segment_of(arn) != expected.segment or not expected.owns(arn):
            example = self.scope.arn(f"{expected.segment}/{expected.arn_end}")
            raise InvalidInput(
                f"{arn} is not the ARN of a {expected.label}; one looks like {example}. "
                f"Create{expected.name} returns it."
            )

    def find(self, resource_type: str, arn: str) -> Record:
        """The record of an ARN.

        Raises InvalidInput if the ARN is of another resource type, ResourceNotFound if it does not exist.
        """
        self.check_arn(resource_type, arn)
        record = self.repository.get(arn)
        if record is None:
            expected = self.declarations[resource_type]
            raise ResourceNotFound(
                f"Resource Arn {arn} does not exist. List{expected.list_name} shows those that exist."
            )
        return record

    def find_any(self, arn: str) -> Record:
        """The record of an ARN of any resource type. Raises InvalidInput or ResourceNotFound."""
        for declaration in self.declarations.values():
            if segment_of(arn) == declaration.segment and declaration.owns(arn):
                return self.find(declaration.name, arn)
        raise InvalidInput(f"{arn} is not the ARN of a resource that can be created here.")

    def find_active(self, resource_type: str, arn: str) -> Record:
        """As `find`, and raises ResourceInUse if the record is not ACTIVE."""
        record = self.find(resource_type, arn)
        if record.status not in (None, statuses.ACTIVE):
            raise ResourceInUse(f"{arn} has the status {record.status}; wait until it is ACTIVE.")
        return record

    def each(self, resource_type: str | None, parent: str | None = None) -> Iterator[Record]:
        """All records of a resource type, of a parent, or both, newest first."""
        start = None
        while True:
            page = self.repository.list(resource_type=resource_type, parent=parent, start=start)
            yield from page.records
            if page.next is None:
                return
            start = page.next

    def each_current(self, resource_type: str | None, parent: str | None = None) -> Iterator[Record]:
        """As `each`, with each record read again, because a list may be a moment behind."""
        for listed in self.each(resource_type, parent):
            record = self.repository.get(listed.arn)
            if record is not None:
                yield record
