"""What stays in a dataset group, and therefore keeps what contains it from being deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from tastemaker.contracts.campaign_alias import target_of
from tastemaker.control.core.records import Record
from tastemaker.declaration.file.api import STACK, name_in
from tastemaker.declaration.file.existing import GROUP, Existing
from tastemaker.declaration.types import TYPES

Holders = Mapping[str, list[Record]]
"""The ARN of a resource → what stays and is in it."""


def not_prunable(existing: Existing) -> list[Record]:
    """The undeclared resources that `--prune` leaves: a stack may declare them, or they are aliases."""
    return [
        one
        for one in existing.others
        if existing.unknown_owners or STACK in one.body or target_of(one.body) is not None
    ]


def holders(staying: Iterable[Record], existing: Existing) -> Holders:
    """What contains the resources that stay, directly or indirectly, and the target of an alias."""
    known = {one.arn: one for one in (*existing.records.values(), *existing.others)}
    found: dict[str, list[Record]] = defaultdict(list)
    for one in staying:
        left, seen = [one.arn], {one.arn}
        while left:
            record = known.get(left.pop())
            for arn in set(() if record is None else _containers(record)) - seen:
                seen.add(arn)
                left.append(arn)
                found[arn].append(one)
    return dict(found)


def _containers(record: Record) -> Iterator[str]:
    members = ("datasetGroupArn", *TYPES[record.resource_type].references)
    given = [record.parent, target_of(record.body), record.body.get(GROUP)]
    yield from (str(arn) for arn in (*given, *map(record.body.get, members)) if arn)


def listed(records: Iterable[Record]) -> str:
    """The type and the name of each resource, with the reason why it stays."""
    return ", ".join(map(named, records))


def named(record: Record) -> str:
    """The type and the name of a resource, with the reason why it stays if it is not only undeclared."""
    name = f"{record.resource_type} {name_in(record.resource_type, record.body)}"
    if STACK in record.body:
        return f"{name} ({owned_by(record.body[STACK])})"
    return name if target_of(record.body) is None else f"{name} (an alias)"


def owned_by(stack: str) -> str:
    """Who declares a resource, for messages."""
    return f"declared by {stack}"
