"""An upgrade keeps every resource that has data, or an address that clients know.

CloudFormation deletes a resource whose logical id is gone, and replaces one whose create-only properties
change.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from infrastructure.packaging.packages import ROOT
from tests.infrastructure.conftest import Assembly

RELEASE = json.loads((ROOT / "tests" / "upgrades" / "release_0_1_0" / "template.json").read_text())
KEPT: dict[str, dict[str, Any]] = RELEASE["Resources"]


def create_only(resource_type: str) -> set[str]:
    """The top-level properties whose change may replace a resource, by CloudFormation's registry."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource_type).schema
    lists = (schema.get(name, []) for name in ("createOnlyProperties", "conditionalCreateOnlyProperties"))
    return {path.split("/")[2] for paths in lists for path in paths}


def replaced(old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]) -> list[str]:
    """The resources of `old` that an upgrade to `new` deletes or replaces, each with the reason."""
    found = []
    for id, resource in old.items():
        current = new.get(id)
        if current is None or current["Type"] != resource["Type"]:
            found.append(f"{id} is gone")
            continue
        before, after = resource["Properties"], current.get("Properties", {})
        found += [
            f"{id}: {name} changes"
            for name in sorted(create_only(resource["Type"]))
            if before.get(name) != after.get(name)
        ]
    return found


def test_upgrade_replaces_no_resource_with_data(assembly: Assembly) -> None:
    assert replaced(KEPT, assembly.templates["prod"].body["Resources"]) == []


def test_upgrade_adds_at_most_one_index_to_a_table(assembly: Assembly) -> None:
    """DynamoDB creates or deletes one index of a table in an update, so CloudFormation refuses more."""
    for id, resource in KEPT.items():
        if resource["Type"] == "AWS::DynamoDB::Table":
            before, after = (
                {index["IndexName"] for index in properties.get("GlobalSecondaryIndexes", [])}
                for properties in (
                    resource["Properties"],
                    assembly.templates["prod"].body["Resources"][id]["Properties"],
                )
            )
            assert len(before ^ after) <= 1, id


def test_data_are_kept_if_a_later_release_removes_their_resource(assembly: Assembly) -> None:
    for id, resource in KEPT.items():
        if resource["Type"] in ("AWS::DynamoDB::Table", "AWS::S3::Bucket"):
            current = assembly.templates["prod"].body["Resources"][id]
            assert current["DeletionPolicy"] == current["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda new: new.pop("LakeBucketB1D32E10"), "LakeBucketB1D32E10 is gone"),
        (
            lambda new: new["TablesProfiles742D2D94"]["Properties"].update(KeySchema=[]),
            "TablesProfiles742D2D94: KeySchema changes",
        ),
        (
            lambda new: new["EventsStreamA348795C"]["Properties"].update(Name="events"),
            "EventsStreamA348795C: Name changes",
        ),
    ],
    ids=["removed", "keys", "name"],
)
def test_replacement_is_found(assembly: Assembly, change: Any, finding: str) -> None:
    new = json.loads(json.dumps(assembly.templates["prod"].body["Resources"]))
    change(new)
    assert replaced(KEPT, new) == [finding]
