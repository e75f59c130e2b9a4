"""Resources by name: users give `shop`, and the API wants `arn:aws:personalize:…:campaign/shop`."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cli.connection import Connection
from cli.errors import CommandError


@dataclass(frozen=True)
class ResourceType:
    """How resources of a type are listed. `noun` is the word in messages."""

    noun: str
    operation: str
    members: str
    arn: str
    filters: str = "datasetGroupArn"


GROUP = ResourceType("dataset group", "list_dataset_groups", "datasetGroups", "datasetGroupArn", "")
DATASET = ResourceType("dataset", "list_datasets", "datasets", "datasetArn")
SCHEMA = ResourceType("schema", "list_schemas", "schemas", "schemaArn", "")
SOLUTION = ResourceType("solution", "list_solutions", "solutions", "solutionArn")
VERSION = ResourceType(
    "solution version", "list_solution_versions", "solutionVersions", "solutionVersionArn", "solutionArn"
)
CAMPAIGN = ResourceType("campaign", "list_campaigns", "campaigns", "campaignArn", "solutionArn")
RECOMMENDER = ResourceType("recommender", "list_recommenders", "recommenders", "recommenderArn")
FILTER = ResourceType("filter", "list_filters", "Filters", "filterArn")
TRACKER = ResourceType("event tracker", "list_event_trackers", "eventTrackers", "eventTrackerArn")
IMPORT = ResourceType(
    "dataset import job", "list_dataset_import_jobs", "datasetImportJobs", "datasetImportJobArn", "datasetArn"
)


def is_arn(text: str) -> bool:
    """Whether a text is an ARN."""
    return text.startswith("arn:")


def listed(connection: Connection, resource_type: ResourceType, parent: str = "") -> Iterator[dict[str, Any]]:
    """All resources of a type, or those of the parent with this ARN."""
    client = connection.client("personalize")
    pages = client.get_paginator(resource_type.operation).paginate(
        **{resource_type.filters: parent} if parent else {}
    )
    for page in pages:
        yield from page[resource_type.members]


def resolve(connection: Connection, resource_type: ResourceType, given: str, parent: str = "") -> str:
    """The ARN of a resource by its name or ARN. Raises CommandError, which names similar resources."""
    if is_arn(given):
        return given
    names = {}
    for one in listed(connection, resource_type, parent):
        names[_name(one, resource_type)] = str(one[resource_type.arn])
    if given in names:
        return names[given]
    close = difflib.get_close_matches(given, names, 3, 0.5) or sorted(names)[:5]
    hint = f"There are: {', '.join(close)}" if close else f"There is no {resource_type.noun} yet"
    raise CommandError(f"There is no {resource_type.noun} {given!r}.", f"{hint} (tastemaker status).")


def only(
    connection: Connection, resource_type: ResourceType, given: str, option: str, parent: str = ""
) -> str:
    """The ARN of what `given` names, or of the only resource of the type. Raises CommandError."""
    if given:
        return resolve(connection, resource_type, given, parent)
    found = list(listed(connection, resource_type, parent))
    if len(found) == 1:
        return str(found[0][resource_type.arn])
    noun = resource_type.noun
    if not found:
        raise CommandError(f"There is no {noun} yet.", "tastemaker try FILE creates everything from a file.")
    names = ", ".join(sorted(_name(one, resource_type) for one in found)[:8])
    raise CommandError(f"There are {len(found)} {noun}s: {names}.", f"Choose one with {option} NAME.")


def _name(resource: dict[str, Any], resource_type: ResourceType) -> str:
    return str(resource.get("name") or resource[resource_type.arn].rsplit("/", 1)[-1])
