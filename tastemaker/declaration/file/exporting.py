"""A dataset group as a document whose plan is empty."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.contracts.arns import segment_of
from tastemaker.contracts.campaign_alias import target_of
from tastemaker.control.core.records import Record
from tastemaker.control.resources.campaign import LATEST
from tastemaker.declaration.desired import canonical, request_of
from tastemaker.declaration.file.api import Api, described, listed, name_in
from tastemaker.declaration.file.existing import contents
from tastemaker.declaration.file.planning import FAILURES
from tastemaker.declaration.file.sections import BY_TYPE, CAMPAIGN, RECIPE, SECTIONS, SYNC, dataset_type
from tastemaker.declaration.types import TYPES


def export(api: Api, group_arn: str) -> dict[str, Any]:
    """The content of a file that declares a dataset group as it is.

    Of imports it has those that the datasets consist of, and of solution versions those that campaigns name.
    Batch jobs are history and are left out.
    """
    records = list(_records(api, group_arn))
    keys: dict[str, str] = {}
    document: dict[str, Any] = {}
    for section in SECTIONS.values():
        used: set[str] = set()
        for record in (one for one in records if one.resource_type == section.type.name):
            key = _key(record, used)
            used.add(key)
            keys[record.arn] = key
    for section in SECTIONS.values():
        of_type = [one for one in records if one.resource_type == section.type.name]
        if of_type:
            document[section.name] = {keys[one.arn]: _properties(one, keys) for one in of_type}
    escaped: dict[str, Any] = _escaped(document)
    return escaped


def _escaped(value: Any) -> Any:
    """The value with what looks like a variable written as text."""
    if isinstance(value, dict):
        return {name: _escaped(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_escaped(part) for part in value]
    return value.replace("${", "$${") if isinstance(value, str) else value


def _records(api: Api, group_arn: str) -> Iterator[Record]:
    group = described(api, "DatasetGroup", group_arn)
    if group is None:
        return
    yield group
    versions, schemas = set[str](), set[str]()
    for summary in list(contents(api, group_arn, lambda kind, parent: list(listed(api, kind, parent)))):
        record = described(api, summary.resource_type, summary.arn)
        if record is None or record.status in statuses.DELETING or record.status in FAILURES:
            continue
        yield record
        if record.resource_type == "Dataset":
            schema = described(api, "Schema", str(record.body["schemaArn"]))
            if schema is not None and schema.arn not in schemas:
                schemas.add(schema.arn)
                yield schema
            yield from _imports(api, record.arn)
        if record.resource_type == "Campaign" and not _follows(record) and target_of(record.body) is None:
            versions.add(str(record.body["solutionVersionArn"]))
    for arn in sorted(versions):
        version = described(api, "SolutionVersion", arn)
        if version is not None and version.body.get("trainingType") != "AUTOMATIC":
            yield version


def _imports(api: Api, dataset_arn: str) -> Iterator[Record]:
    """The imports of a dataset from the newest FULL one on, oldest first."""
    found: list[Record] = []
    for summary in listed(api, "DatasetImportJob", dataset_arn):
        if summary["status"] != statuses.ACTIVE:
            continue
        record = described(api, "DatasetImportJob", str(summary["datasetImportJobArn"]))
        if record is not None:
            found.append(record)
            if record.body.get("importMode", "FULL") == "FULL":
                break
    yield from reversed(found)


def _follows(campaign: Record) -> bool:
    return bool((campaign.body.get("campaignConfig") or {}).get(SYNC))


def _key(record: Record, used: set[str]) -> str:
    """The key of a resource in its section: the dataset's type, or the name."""
    name = name_in(record.resource_type, record.body)
    if record.resource_type == "Dataset":
        return str(record.body["datasetType"]).lower()
    key, number = name.replace("/", "-"), 2
    while key in used:
        key, number = f"{name}-{number}", number + 1
    return key


def _properties(record: Record, keys: dict[str, str]) -> dict[str, Any]:
    section, request = BY_TYPE[record.resource_type], request_of(record)
    declared, written = TYPES[record.resource_type], {}
    for member in section.members:
        value = request.get(member)
        plain = canonical(member, value)
        default = canonical(member, declared.defaults.get(member))
        if plain is None or plain == default or (value is False and not default):
            continue
        name, content = _written(section.spelled(member), member, value, keys)
        written[name] = content
    key = keys[record.arn]
    if written.get(declared.name_member) == key:
        del written[declared.name_member]
    if record.resource_type == "Dataset" and dataset_type(key):
        written.pop("datasetType", None)
    written.pop("datasetGroup", None)
    if record.resource_type == "Campaign" and _follows(record) and target_of(record.body) is None:
        _follow_solution(record, written, keys)
    return {name: written[name] for name in written}


def _written(name: str, member: str, value: Any, keys: dict[str, str]) -> tuple[str, Any]:
    """A property in the spelling of a file."""
    if member == "recipeArn" and str(value).startswith(RECIPE):
        return "recipe", str(value).removeprefix(RECIPE)
    if member == "solutionVersionArn" and segment_of(str(value)) == CAMPAIGN:
        return CAMPAIGN, keys.get(value, value)
    if member == "solutionVersionArn" and not str(value).endswith(LATEST):
        return ("solutionVersion", keys[value]) if value in keys else (member, value)
    if isinstance(value, str) and value in keys:
        return name, keys[value]
    if member == "schema":
        return member, json.loads(value)
    return (member if name != member and isinstance(value, str) else name), value


def _follow_solution(record: Record, written: dict[str, Any], keys: dict[str, str]) -> None:
    arn = str(record.parent)
    config = {name: value for name, value in written.pop("campaignConfig", {}).items() if name != SYNC}
    for name in ("solutionVersionArn", "solutionVersion", "solution"):
        written.pop(name, None)
    written["solution"] = keys.get(arn, arn)
    if config:
        written["campaignConfig"] = config
