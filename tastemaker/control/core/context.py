"""The desk where every resource is handled: the ports, and the few things that all kinds do with them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tastemaker import recipes
from tastemaker.control.core import statuses
from tastemaker.control.core.arns import Place, segment_of
from tastemaker.control.core.ports import Announce, Clock, Ids, Lake, NoLake, Put, StatusChange, Work
from tastemaker.control.core.quotas import Quotas
from tastemaker.control.core.records import Record, Repository
from tastemaker.errors import InvalidInput, LimitExceeded, ResourceInUse, ResourceNotFound
from tastemaker.recipes import Recipe

if TYPE_CHECKING:
    from tastemaker.control.core.declaration import Kind


def _tell_nobody(change: StatusChange) -> None:
    pass


def _nothing_put(dataset_arn: str) -> Iterator[tuple[str, Mapping[str, Any], float]]:
    return iter(())


@dataclass(frozen=True)
class Desk:
    """Everything that a rule needs. `kinds` maps a kind's name to it, `recipe` finds one by its ARN;
    delays are
    in seconds.
    """

    place: Place
    repository: Repository
    clock: Clock
    ids: Ids
    work: Work
    kinds: "Mapping[str, Kind]"
    quotas: Quotas = field(default_factory=Quotas)
    announce: Announce = _tell_nobody
    recipe: Callable[[str], Recipe] = recipes.by_arn
    lake: Lake = field(default_factory=NoLake)
    put: Put = _nothing_put
    auto_training_delay: float = 3600.0

    def check_kind(self, kind: str, arn: str) -> None:
        """Raises InvalidInput unless the ARN is one of this kind."""
        wanted = self.kinds[kind]
        if segment_of(arn) != wanted.segment or not wanted.owns(arn):
            example = self.place.arn(f"{wanted.segment}/<name>")
            raise InvalidInput(f"{arn} is not the ARN of a {wanted.label}; one looks like {example}.")

    def now(self) -> float:
        """The time, in microseconds at most: what a repository keeps."""
        return round(self.clock(), 6)

    def find(self, kind: str, arn: str) -> Record:
        """The record of an ARN. Raises InvalidInput if it names another kind, ResourceNotFound if nothing."""
        self.check_kind(kind, arn)
        record = self.repository.get(arn)
        if record is None:
            wanted = self.kinds[kind]
            raise ResourceNotFound(
                f"There is no {wanted.label} {arn}; List{wanted.list_name} shows what there is."
            )
        return record

    def find_any(self, arn: str) -> Record:
        """The record of an ARN of any kind. Raises InvalidInput or ResourceNotFound."""
        for kind in self.kinds.values():
            if segment_of(arn) == kind.segment and kind.owns(arn):
                return self.find(kind.name, arn)
        raise InvalidInput(f"{arn} is not the ARN of a resource that can be created here.")

    def find_active(self, kind: str, arn: str) -> Record:
        """As `find`; raises ResourceInUse if the record is not ACTIVE."""
        record = self.find(kind, arn)
        if record.status not in (None, statuses.ACTIVE):
            raise ResourceInUse(f"{arn} has the status {record.status}; wait until it is ACTIVE.")
        return record

    def each(self, kind: str | None, parent: str | None = None) -> Iterator[Record]:
        """All records of a kind, or of a parent, newest first."""
        start = None
        while True:
            page = self.repository.list(kind=kind, parent=parent, start=start)
            yield from page.records
            if page.next is None:
                return
            start = page.next

    def each_now(self, kind: str | None, parent: str | None = None) -> Iterator[Record]:
        """As `each`, each record read again: a list may be behind by a moment, and a rule must not be."""
        for listed in self.each(kind, parent):
            record = self.repository.get(listed.arn)
            if record is not None:
                yield record

    def add(self, record: Record, aliases: Mapping[str, str], unchanged: Iterable[Record]) -> Record:
        """Store a new record. Raises ResourceAlreadyExists or Conflict."""
        stored = self.repository.create(record, aliases=aliases, unchanged=unchanged)
        if stored.status is not None:
            self.announce(StatusChange(stored, None, stored.status))
        return stored

    def change(self, record: Record, **members: Any) -> Record:
        """Store a record with members replaced (None removes one). The one way that a status changes.

        Raises Conflict if somebody else changed it since it was read.
        """
        changed = record.with_(**{"lastUpdatedDateTime": self.now(), **members})
        stored = self.repository.update(changed)
        for change in _status_changes(record, stored):
            self.announce(change)
        return stored

    def remove(self, record: Record) -> None:
        """Remove a record with its aliases, and the records below it that cannot be deleted on their own."""
        for child in list(self.each(None, parent=record.arn)):
            if not self.kinds[child.kind].deletable:
                self.remove(child)
        self.repository.delete(record, aliases=self.kinds[record.kind].aliases(record.arn, record.body))

    def check_quota(self, name: str, count: Iterable[Record], what: str) -> None:
        """Raises LimitExceeded if one more would be too many. Counts only if the quota is set."""
        limit = self.quotas.get(name)
        if limit is not None and sum(1 for _ in count) >= limit:
            raise LimitExceeded(f"More than {limit} {what}; delete some, or raise the quota {name}.")


def _status_changes(old: Record, new: Record) -> Iterator[StatusChange]:
    """The record's own status, and those of its updates."""
    if new.status is not None and new.status != old.status:
        yield StatusChange(new, old.status, new.status)
    for member, update in new.updates.items():
        earlier = old.body.get(member) or {}
        same = earlier.get("creationDateTime") == update["creationDateTime"]
        before = earlier.get("status") if same else None
        if before != update["status"]:
            yield StatusChange(new, before, update["status"], member)
