"""Records and their repository: the protocol, and an implementation in memory."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from tastemaker.contracts import statuses
from tastemaker.errors import Conflict, InvalidNextToken, ResourceAlreadyExists


@dataclass(frozen=True)
class Record:
    """One resource as it is stored.

    `body` holds the members of the API and private members, whose names start with `_`; it is never changed
    in place. `created_at` is in seconds since 1970. `revision` counts the writes.
    """

    arn: str
    resource_type: str
    body: dict[str, Any]
    parent: str | None = None
    created_at: float = 0.0
    revision: int = 0

    @property
    def status(self) -> str | None:
        """The status; None for a resource type without statuses."""
        return self.body.get("status")

    @property
    def updates(self) -> dict[str, dict[str, Any]]:
        """The updates by their member: `latestCampaignUpdate` and the like."""
        return {
            member: update
            for member, update in self.body.items()
            if member.startswith("latest") and member.endswith("Update")
        }

    @property
    def in_transition(self) -> bool:
        """Whether the record's own status is in transition."""
        return self.status in statuses.IN_TRANSITION

    @property
    def has_pending_work(self) -> bool:
        """Whether the record's own status, or that of an update, is in transition."""
        updating = any(update["status"] in statuses.IN_TRANSITION for update in self.updates.values())
        return self.in_transition or updating

    def with_(self, **members: Any) -> "Record":
        """A copy with members replaced; None removes one."""
        body = {name: value for name, value in {**self.body, **members}.items() if value is not None}
        return replace(self, body=body)


@dataclass(frozen=True)
class Page:
    """A page of records, newest first. `next` is the position of the next page; None on the last page."""

    records: list[Record]
    next: str | None = None


class Repository(Protocol):
    """Records by ARN. Every write is conditional, so that two callers cannot overwrite each other."""

    def get(self, arn: str) -> Record | None:
        """The record, read consistently, or None."""

    def create(
        self,
        record: Record,
        *,
        aliases: Mapping[str, str] = {},
        unchanged: Iterable[Record] = (),
        touched: Iterable[Record] = (),
    ) -> Record:
        """Store a new record and its aliases, all or nothing, while the `unchanged` records are as given.

        The `touched` records must be as given, too, and get a new revision: a deletion that has begun
        conflicts. Raises ResourceAlreadyExists if the ARN or an alias exists, Conflict if one of the others
        has changed.
        """

    def update(self, record: Record, *, touched: Iterable[Record] = ()) -> Record:
        """Store a record that was read before, and return it with its new revision. Raises Conflict.

        The `touched` records get a new revision in the same transaction, as in `create`.
        """

    def delete(self, record: Record, *, aliases: Iterable[str] = ()) -> None:
        """Remove a record and its aliases. Raises Conflict if it has changed since it was read."""

    def list(
        self,
        *,
        resource_type: str | None,
        parent: str | None = None,
        start: str | None = None,
        limit: int = 100,
    ) -> Page:
        """Records of a resource type, of a parent, or both, newest first.

        `start` is the `next` of an earlier page. Raises InvalidNextToken if it is not.
        """

    def with_pending_work(self) -> Iterator[Record]:
        """The records that have pending work, oldest first. May be a moment behind."""

    def target(self, alias: str) -> str | None:
        """The ARN that an alias stands for, or None."""


def position_of(record: Record) -> str:
    """Where a list continues after `record`."""
    return f"{record.created_at!r} {record.arn}"


def already_exists(arn: str) -> str:
    """Personalize's message about an ARN or a unique name that exists."""
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
        self,
        record: Record,
        *,
        aliases: Mapping[str, str] = {},
        unchanged: Iterable[Record] = (),
        touched: Iterable[Record] = (),
    ) -> Record:
        touched = tuple(touched)
        for other in (*unchanged, *touched):
            self._check(other)
        if record.arn in self.records:
            raise ResourceAlreadyExists(already_exists(record.arn))
        for alias in aliases:
            if alias in self.aliases:
                raise ResourceAlreadyExists(already_exists(self.aliases[alias]))
        stored = replace(record, revision=1)
        self.records[record.arn] = stored
        self.aliases.update(aliases)
        for other in touched:
            self.update(other)
        return stored

    def update(self, record: Record, *, touched: Iterable[Record] = ()) -> Record:
        written = [record, *touched]
        for one in written:
            self._check(one)
        for one in written:
            self.records[one.arn] = replace(one, revision=one.revision + 1)
        return self.records[record.arn]

    def delete(self, record: Record, *, aliases: Iterable[str] = ()) -> None:
        self._check(record)
        del self.records[record.arn]
        for alias in aliases:
            self.aliases.pop(alias, None)

    def list(
        self,
        *,
        resource_type: str | None,
        parent: str | None = None,
        start: str | None = None,
        limit: int = 100,
    ) -> Page:
        found = sorted(
            (
                record
                for record in self.records.values()
                if resource_type in (None, record.resource_type) and parent in (None, record.parent)
            ),
            key=lambda record: (record.created_at, record.arn),
            reverse=True,
        )
        if start is not None:
            after = read_position(start)
            found = [record for record in found if (record.created_at, record.arn) < after]
        more = len(found) > limit
        return Page(found[:limit], position_of(found[limit - 1]) if more else None)

    def with_pending_work(self) -> Iterator[Record]:
        return iter(
            sorted(
                (one for one in self.records.values() if one.has_pending_work), key=lambda one: one.created_at
            )
        )

    def target(self, alias: str) -> str | None:
        return self.aliases.get(alias)

    def _check(self, record: Record) -> None:
        stored = self.records.get(record.arn)
        if stored is None or stored.revision != record.revision:
            raise Conflict(f"{record.arn} is being changed by another request; try again.")
