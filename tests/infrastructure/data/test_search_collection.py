"""The collection that a stage may have: its policies, and what deleting the stack leaves."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Annotations, Match
from aws_cdk.assertions import Template as Synthesized

from deployment.cost.prices import HOURS, load
from deployment.synthesis import text_of
from infrastructure.data import search_collection
from infrastructure.data.search_collection import SearchCollection
from infrastructure.stage import parse
from tests.infrastructure.conftest import Assembly, Template

PREFIX = "AWS::OpenSearchServerless::"


@pytest.fixture(scope="module")
def lite(assembly: Assembly) -> Template:
    return assembly.templates["lite"]


def only(template: Template, kind: str, **properties: str) -> dict[str, Any]:
    found = [
        one
        for one in template.of_type(f"{PREFIX}{kind}").values()
        if all(one[name] == value for name, value in properties.items())
    ]
    assert len(found) == 1
    return found[0]


def policy(template: Template, kind: str, **properties: str) -> Any:
    return json.loads(text_of(only(template, kind, **properties)["Policy"]))


def test_collection_is_encrypted_and_has_no_dashboards(lite: Template) -> None:
    collection = only(lite, "Collection")
    assert (collection["Type"], collection["Name"]) == ("SEARCH", "tastemaker-lite")
    encryption = policy(lite, "SecurityPolicy", Type="encryption")
    assert encryption["Rules"] == [{"ResourceType": "collection", "Resource": ["collection/tastemaker-lite"]}]
    (network,) = policy(lite, "SecurityPolicy", Type="network")
    assert [rule["ResourceType"] for rule in network["Rules"]] == ["collection"]


def test_only_the_search_function_may_use_the_data(lite: Template) -> None:
    (data,) = policy(lite, "AccessPolicy", Type="data")
    assert len(data["Principal"]) == 1
    raw = json.dumps(only(lite, "AccessPolicy")["Policy"])
    assert "FunctionsSearchRole" in raw
    permissions = {one for rule in data["Rules"] for one in rule["Permission"]}
    assert "aoss:UpdateCollectionItems" in permissions
    assert permissions and not [one for one in permissions if "*" in one]
    assert {resource for rule in data["Rules"] for resource in rule["Resource"]} == {
        "collection/tastemaker-lite",
        "index/tastemaker-lite/*",
    }


def test_policies_exist_before_the_collection(lite: Template) -> None:
    resources = lite.body["Resources"]
    (collection,) = [one for one in resources.values() if one["Type"] == f"{PREFIX}Collection"]
    before = {resources[name]["Type"] for name in collection["DependsOn"]}
    assert before == {f"{PREFIX}SecurityPolicy"} and len(collection["DependsOn"]) == 2


def test_nothing_is_left_of_a_stage_that_is_destroyed(lite: Template) -> None:
    found = [one for one in lite.body["Resources"].values() if one["Type"].startswith(PREFIX)]
    assert len(found) == 4
    assert {one.get("DeletionPolicy") for one in found} == {"Delete"}
    assert only(lite, "Collection")["StandbyReplicas"] == "DISABLED", "half the price"


def test_stage_that_keeps_its_data_keeps_no_collection_that_bills() -> None:
    stack = cdk.Stack(cdk.App())
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    SearchCollection(stack, stage=parse("prod", {"removal": "retain"}), role=role)
    resources = Synthesized.from_stack(stack).to_json()["Resources"].values()
    found = [one for one in resources if one["Type"].startswith(PREFIX)]
    assert len(found) == 4 and {one.get("DeletionPolicy") for one in found} == {"Delete"}


def test_price_is_that_of_the_price_list() -> None:
    assert load().of("aoss.ocuHour").usd == search_collection.HOURLY_USD
    assert search_collection.HOURS_PER_MONTH == HOURS


@pytest.mark.parametrize(("removal", "usd"), [("destroy", "175"), ("retain", "350")])
def test_cost_of_a_month_is_printed_before_the_deployment(removal: str, usd: str) -> None:
    stack = cdk.Stack(cdk.App())
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    SearchCollection(stack, stage=parse("prod", {"removal": removal}), role=role)
    Annotations.from_stack(stack).has_warning("*", Match.string_like_regexp(f"about {usd} USD a month"))


def test_other_stages_have_no_collection(assembly: Assembly) -> None:
    for name in ("local", "prod"):
        assert not assembly.templates[name].of_type(f"{PREFIX}Collection")
