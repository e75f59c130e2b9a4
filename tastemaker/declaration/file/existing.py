"""What exists of a declaration, and what else is in its dataset groups."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tastemaker.contracts.arns import segment_of
from tastemaker.contracts.campaign_alias import ALIAS_OF, target_of
from tastemaker.control.core.records import Record
from tastemaker.declaration.declarations import Declaration, DeclaredResource, Ref, resolved
from tastemaker.declaration.file.api import (
    DENIED,
    NOT_FOUND,
    Api,
    ApiError,
    arn_in,
    described,
    listed,
    name_in,
    tag_members,
)
from tastemaker.declaration.file.sections import BY_TYPE, CAMPAIGN
from tastemaker.declaration.types import TYPES

GROUP = "_datasetGroupArn"
"""The private member of an undeclared resource with the dataset group that it is in."""


@dataclass
class Existing:
    """`records` has the record of each declared resource that exists, by its ID.

    `others` are resources of the declared dataset groups that the file does not declare. `attempts` has the
    names that jobs and versions of a declared name have used: such a name can be used once. `unknown_owners`
    says why nobody knows which of the others a stack declares; it is empty if that is known.
    """

    records: dict[str, Record] = field(default_factory=dict)
    others: list[Record] = field(default_factory=list)
    attempts: dict[str, list[str]] = field(default_factory=dict)
    unknown_owners: str = ""


def find(api: Api, declaration: Declaration) -> Existing:
    """What exists of a declaration. Resources are found by their name; datasets by their type."""
    finder = _Finder(api, declaration)
    for one in declaration.ordered():
        arns = {id: record.arn for id, record in finder.existing.records.items()}
        record = finder.find(one, arns)
        if record is not None:
            finder.existing.records[one.id] = record
    finder.existing.others = list(finder.others())
    return finder.existing


def record_of_summary(resource_type: str, summary: Mapping[str, Any], parent: str) -> Record:
    """A record with what the list of a parent says of a resource."""
    return Record(arn_in(resource_type, summary), resource_type, dict(summary), parent)


def contents(api: Api, group_arn: str, list_of: Callable[..., list[dict[str, Any]]]) -> Iterator[Record]:
    """The resources of a dataset group that can be deleted, as their lists show them."""
    for declared in TYPES.values():
        if declared.list_by == "datasetGroupArn" and declared.kept is None:
            for summary in list_of(declared.name, group_arn):
                yield record_of_summary(declared.name, summary, group_arn)
    for solution in list_of("Solution", group_arn):
        parent = str(solution["solutionArn"])
        for summary in list_of("Campaign", parent):
            yield record_of_summary("Campaign", summary, parent)


class _Finder:
    def __init__(self, api: Api, declaration: Declaration) -> None:
        self.api, self.declaration, self.existing = api, declaration, Existing()
        self._lists: dict[tuple[str, str | None], list[dict[str, Any]]] = {}

    def find(self, one: DeclaredResource, arns: Mapping[str, str]) -> Record | None:
        """The record of a declared resource. `arns` has those of the resources that it needs."""
        summaries = self._candidates(one, arns)
        name = str(one.properties[TYPES[one.type].name_member])
        if TYPES[one.type].kept is not None:
            return self._newest_attempt(one, name, summaries)
        if one.type == "Dataset":
            wanted = str(one.properties["datasetType"]).upper()
            summaries = [found for found in summaries if found.get("datasetType") == wanted]
        elif TYPES[one.type].only_one is None:
            summaries = [found for found in summaries if name_in(one.type, found) == name]
        record = described(self.api, one.type, arn_in(one.type, summaries[0])) if summaries else None
        if record is not None and _is_alias(one) and target_of(record.body) is None:
            return None if record.parent not in self._solutions else record  # not one of this declaration
        return record

    def others(self) -> Iterator[Record]:
        """What is in the declared groups and not declared."""
        known = {record.arn for record in self.existing.records.values()}
        for one in self.existing.records.values():
            if one.resource_type == "DatasetGroup":
                for record in contents(self.api, one.arn, self.list_of):
                    found = None if record.arn in known else self._undeclared(record)
                    if found is not None:
                        yield found.with_(**{GROUP: one.arn})

    def _undeclared(self, record: Record) -> Record | None:
        """The record with its stack and the target of an alias, which no list shows; None if it is gone."""
        try:
            if record.resource_type == "Campaign":
                answer = self.api.call("DescribeCampaign", {"campaignArn": record.arn})
                target = target_of(answer["campaign"])
                record = record if target is None else record.with_(**{ALIAS_OF: target})
            if TYPES[record.resource_type].taggable and not self.existing.unknown_owners:
                record = record.with_(**tag_members(self.api, record.arn))
        except ApiError as error:
            if error.code == NOT_FOUND:
                return None
            if error.code != DENIED:
                raise
            self.existing.unknown_owners = f"it is unknown what stacks declare: {error.message}"
        return record

    def list_of(self, resource_type: str, parent: str | None = None) -> list[dict[str, Any]]:
        """A list of the service, read once."""
        if (resource_type, parent) not in self._lists:
            self._lists[resource_type, parent] = list(listed(self.api, resource_type, parent))
        return self._lists[resource_type, parent]

    def _candidates(self, one: DeclaredResource, arns: Mapping[str, str]) -> list[dict[str, Any]]:
        """The summaries among which the resource is, if it exists."""
        if one.type in ("Schema", "DatasetGroup"):
            return self.list_of(one.type)
        if _is_alias(one):  # it may point at a campaign of any dataset group
            return self.list_of("Campaign")
        if one.type == "Campaign":  # it may belong to another solution than it is declared for
            return [found for arn in self._solutions for found in self.list_of("Campaign", arn)]
        if one.type.startswith("Batch"):
            return self.list_of(one.type)
        parent = {"SolutionVersion": "solutionArn", "DatasetImportJob": "datasetArn"}.get(
            one.type, "datasetGroupArn"
        )
        try:
            return self.list_of(one.type, str(resolved(one.properties[parent], arns)))
        except KeyError:  # the parent does not exist, so this does not either
            return []

    @cached_property
    def _solutions(self) -> list[str]:
        """The solutions of every declared dataset group, and those that campaigns name by ARN."""
        groups = [
            record.arn for record in self.existing.records.values() if record.resource_type == "DatasetGroup"
        ]
        found = [str(one["solutionArn"]) for group in groups for one in self.list_of("Solution", group)]
        known = [one.arn for one in self.existing.records.values() if one.resource_type == "Solution"]
        for one in self.declaration.resources.values():
            given = one.properties.get("solutionVersionArn")
            if one.type == "Campaign" and isinstance(given, str) and not _is_alias(one):
                known.append(given.rpartition("/")[0])
        return list(dict.fromkeys([*found, *known]))

    def _newest_attempt(
        self, one: DeclaredResource, name: str, summaries: list[dict[str, Any]]
    ) -> Record | None:
        """The last job or version with the declared name or one of its numbers: `nightly`, `nightly-2`."""
        member = BY_TYPE[one.type].type.name_member
        taken = {
            other.properties[member]
            for other in self.declaration.resources.values()
            if other.type == one.type and other.id != one.id
        }
        found: dict[int, str] = {}
        records: dict[str, Record] = {}
        for summary in summaries:
            arn = arn_in(one.type, summary)
            record = None if member in summary else described(self.api, one.type, arn)
            own = name_in(one.type, summary if record is None else record.body)
            match = re.fullmatch(re.escape(name) + r"(?:-(\d+))?", own)
            if match is not None and own not in taken:
                found[int(match[1] or 1)] = arn
            if record is not None:
                records[arn] = record
        self.existing.attempts[one.id] = [numbered(name, number) for number in sorted(found)]
        if not found:
            return None
        newest = found[max(found)]
        return records.get(newest) or described(self.api, one.type, newest)


def _is_alias(one: DeclaredResource) -> bool:
    """Whether a declared campaign is an alias of another one."""
    given = one.properties.get("solutionVersionArn")
    if one.type != "Campaign" or given is None:
        return False
    return (
        given.id.startswith(f"{BY_TYPE['Campaign'].name}.")
        if isinstance(given, Ref)
        else segment_of(given) == CAMPAIGN
    )


def numbered(name: str, number: int) -> str:
    """The name of an attempt: `nightly`, then `nightly-2`."""
    return name if number == 1 else f"{name}-{number}"


def next_name(name: str, attempts: list[str]) -> str:
    """The first name that no attempt has used."""
    number = 1
    while numbered(name, number) in attempts:
        number += 1
    return numbered(name, number)
