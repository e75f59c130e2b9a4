"""Where records are kept: the protocol, and an implementation in memory."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from tastemaker.control.core import statuses
from tastemaker.errors import Conflict, InvalidNextToken, ResourceAlreadyExists


@dataclass(frozen=True)
class Record:
    """One resource as it is stored. `body` holds the wire's members and internal ones (`_name`); it is
    never
    changed in place. `created_at` is in seconds since 1970; `revision` counts the writes.
    """

    arn: str
    kind: str
    body: dict[str, Any]
    parent: str | None = None
    created_at: float = 0.0
    revision: int = 0

    @property
    def status(self) -> str | None:
        return self.body.get("status")

    @property
    def updates(self) -> dict[str, dict[str, Any]]:
        """`latestCampaignUpdate` and the like."""
        return {
            member: update
            for member, update in self.body.items()
            if member.startswith("latest") and member.endswith("Update")
        }

    @property
    def moving(self) -> bool:
        """Whether work on it, or on an update of it, is under way."""
        every = (self.status, *(update["status"] for update in self.updates.values()))
        return any(status in statuses.MOVING for status in every)

    def with_(self, **members: Any) -> "Record":
        """A copy with members replaced; None removes one."""
        body = {name: value for name, value in {**self.body, **members}.items() if value is not None}
        return replace(self, body=body)


@dataclass(frozen=True)
class Page:
    """A page of records, newest first, and the position where the next one starts (None: this was the
    last)."""

    records: list[Record]
    next: str | None = None


class Repository(Protocol):
    """Records by ARN. Every write is conditional, so two callers at once cannot overwrite each other."""

    def get(self, arn: str) -> Record | None:
        """The record, read consistently, or None."""

    def create(
        self, record: Record, *, aliases: Mapping[str, str] = {}, unchanged: Iterable[Record] = ()
    ) -> Record:
        """Store a new record and its aliases, all or nothing, while the `unchanged` records are still as
        given.

        Raises ResourceAlreadyExists if the ARN or an alias is taken, Conflict if one of `unchanged` has
        moved on.
        """

    def update(self, record: Record) -> Record:
        """Store a record that was read before; answers it with its new revision. Raises Conflict."""

    def delete(self, record: Record, *, aliases: Iterable[str] = ()) -> None:
        """Remove a record and its aliases. Raises Conflict if it has changed since it was read."""

    def list(
        self, *, kind: str | None, parent: str | None = None, start: str | None = None, limit: int = 100
    ) -> Page:
        """Records of a kind, of a parent, or both, newest first, from a position of an earlier page on.

        Raises InvalidNextToken for a position that no page gave.
        """

    def moving(self) -> Iterator[Record]:
        """The records that are `moving`, oldest first. May be behind by a moment."""

    def target(self, alias: str) -> str | None:
        """The ARN that an alias stands for, or None."""


def position_of(record: Record) -> str:
    """Where a list continues after `record`."""
    return f"{record.created_at!r} {record.arn}"


def taken(arn: str) -> str:
    """The service's words about the record that has an ARN or an alias already."""
    return f"Another resource with Arn {arn} already exists."


def read_position(position: str) -> tuple[float, str]:
    """The creation time and ARN in a position. Raises InvalidNextToken."""
    created, _, arn = position.partition(" ")
    try:
        return float(created), arn
    except ValueError:
        raise InvalidNextToken("The nextToken is damaged; start again without one.") from None


@dataclass
class MemoryRepository:
    """A repository for tests and small tools."""

    records: dict[str, Record] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def get(self, arn: str) -> Record | None:
        return self.records.get(arn)

    def create(
        self, record: Record, *, aliases: Mapping[str, str] = {}, unchanged: Iterable[Record] = ()
    ) -> Record:
        for other in unchanged:
            self._check(other)
        if record.arn in self.records:
            raise ResourceAlreadyExists(taken(record.arn))
        for alias in aliases:
            if alias in self.aliases:
                raise ResourceAlreadyExists(taken(self.aliases[alias]))
        stored = replace(record, revision=1)
        self.records[record.arn] = stored
        self.aliases.update(aliases)
        return stored

    def update(self, record: Record) -> Record:
        self._check(record)
        stored = replace(record, revision=record.revision + 1)
        self.records[record.arn] = stored
        return stored

    def delete(self, record: Record, *, aliases: Iterable[str] = ()) -> None:
        self._check(record)
        del self.records[record.arn]
        for alias in aliases:
            self.aliases.pop(alias, None)

    def list(
        self, *, kind: str | None, parent: str | None = None, start: str | None = None, limit: int = 100
    ) -> Page:
        found = sorted(
            (
                record
                for record in self.records.values()
                if kind in (None, record.kind) and parent in (None, record.parent)
            ),
            key=lambda record: (record.created_at, record.arn),
            reverse=True,
        )
        if start is not None:
            after = read_position(start)
            found = [record for record in found if (record.created_at, record.arn) < after]
        more = len(found) > limit
        return Page(found[:limit], position_of(found[limit - 1]) if more else None)

    def moving(self) -> Iterator[Record]:
        return iter(
            sorted((one for one in self.records.values() if one.moving), key=lambda one: one.created_at)
        )

    def target(self, alias: str) -> str | None:
        return self.aliases.get(alias)

    def _check(self, record: Record) -> None:
        stored = self.records.get(record.arn)
        if stored is None or stored.revision != record.revision:
            raise Conflict(f"{record.arn} is being changed by another request; try again.")
