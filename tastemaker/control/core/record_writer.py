"""Writing records: every change of a record goes through here, and status changes are reported."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tastemaker.control.core.declaration import Declaration
from tastemaker.control.core.ports import StatusChange, StatusListener
from tastemaker.control.core.record_finder import RecordFinder
from tastemaker.control.core.records import Record, Repository


@dataclass(frozen=True)
class RecordWriter:
    """Stores records and calls `on_status_change` after each status change.

    `now` returns seconds since 1970. `declarations` maps the name of a resource type to its declaration.
    """

    repository: Repository
    records: RecordFinder
    declarations: Mapping[str, Declaration]
    now: Callable[[], float]
    on_status_change: StatusListener

    def add(
        self,
        record: Record,
        aliases: Mapping[str, str],
        unchanged: Iterable[Record],
        touched: Iterable[Record] = (),
    ) -> Record:
        """Store a new record while the `unchanged` records are still as given.

        The `touched` records get a new revision. Raises ResourceAlreadyExists or Conflict.
        """
        stored = self.repository.create(record, aliases=aliases, unchanged=unchanged, touched=touched)
        if stored.status is not None:
            self.on_status_change(StatusChange(stored, None, stored.status))
        return stored

    def change(self, record: Record, **members: Any) -> Record:
        """Store a record with members replaced; None removes one.

        Raises Conflict if the record has changed since it was read.
        """
        return self._reported(record, self.repository.update(self._changed(record, members)))

    def change_with(self, record: Record, touched: Iterable[Record], **members: Any) -> Record:
        """As `change`, while the `touched` records are still as given. They get a new revision."""
        changed = self._changed(record, members)
        return self._reported(record, self.repository.update(changed, touched=touched))

    def _changed(self, record: Record, members: Mapping[str, Any]) -> Record:
        return record.with_(**{"lastUpdatedDateTime": self.now(), **members})

    def _reported(self, record: Record, stored: Record) -> Record:
        for change in _status_changes(record, stored):
            self.on_status_change(change)
        return stored

    def change_private(self, record: Record, **members: Any) -> Record:
        """As `change`, and `lastUpdatedDateTime` stays: the caller has changed nothing.

        Writes nothing if the members are already as given.
        """
        if record.with_(**members).body == record.body:
            return record
        return self.change(record, lastUpdatedDateTime=record.body.get("lastUpdatedDateTime"), **members)

    def remove(self, record: Record) -> None:
        """Remove a record with its aliases, and the records below it that have no Delete operation."""
        for child in list(self.records.each(None, parent=record.arn)):
            if not self.declarations[child.resource_type].deletable:
                self.remove(child)
        aliases = self.declarations[record.resource_type].aliases(record.arn, record.body)
        self.repository.delete(record, aliases=aliases)


def _status_changes(old: Record, new: Record) -> Iterator[StatusChange]:
    """The change of the record's own status, and those of its updates."""
    if new.status is not None and new.status != old.status:
        yield StatusChange(new, old.status, new.status)
    for member, update in new.updates.items():
        earlier = old.body.get(member) or {}
        same = earlier.get("creationDateTime") == update["creationDateTime"]
        before = earlier.get("status") if same else None
        if before != update["status"]:
            yield StatusChange(new, before, update["status"], member)
