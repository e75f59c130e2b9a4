"""Every declared type through every event of its life, with the function killed at each request."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from local.cloudformation.engine import Engine
from local.cloudformation.stacks import ResourceFailedError, ResourceRequest, Stack
from local.template import Physical
from tastemaker.declaration.types import TYPES
from tests.local.cloudformation.world import PSEUDO, World, ref, resource
from tests.standard_schemas import avro

ROLE = "arn:aws:iam::000000000000:role/r"
SYNC = {"syncWithLatestSolutionVersion": True}
JOB = {
    "jobInput": {"s3DataSource": {"path": "s3://data/in.json"}},
    "jobOutput": {"s3DataDestination": {"path": "s3://data/out/"}},
    "roleArn": ROLE,
}
SHOP_SCHEMA = avro(
    fields=[{"name": name, "type": "string"} for name in ("USER_ID", "ITEM_ID", "EVENT_TYPE")]
    + [{"name": "TIMESTAMP", "type": "long"}]
)


def everything() -> dict[str, Any]:
    """A template with every declared type."""
    metric = {"eventType": "buy", "metricName": "buys", "expression": "SAMPLECOUNT()"}
    solution = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
    return {
        "Schema": resource("Schema", schema=avro()),
        "Group": resource("DatasetGroup"),
        "Events": resource(
            "Dataset", datasetType="Interactions", datasetGroupArn=ref("Group"), schemaArn=ref("Schema")
        ),
        "Import": resource(
            "DatasetImportJob", datasetArn=ref("Events"), dataSource={"dataLocation": "s3://data/"}
        ),
        "Tracker": resource("EventTracker", datasetGroupArn=ref("Group")),
        "Seen": resource(
            "Filter",
            datasetGroupArn=ref("Group"),
            filterExpression='EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")',
            after=("Events",),
        ),
        "ForYou": resource("Solution", datasetGroupArn=ref("Group"), recipeArn=solution),
        "Segments": resource(
            "Solution",
            datasetGroupArn=ref("Group"),
            recipeArn="arn:aws:personalize:::recipe/aws-item-affinity",
        ),
        "Version": resource("SolutionVersion", solutionArn=ref("ForYou"), after=("Import",)),
        "Affinity": resource("SolutionVersion", solutionArn=ref("Segments"), after=("Import",)),
        "Home": resource("Campaign", solutionVersionArn=ref("ForYou", "/$LATEST"), campaignConfig=SYNC),
        "Entry": resource("Campaign", solutionVersionArn=ref("Home")),
        "Report": resource(
            "MetricAttribution",
            datasetGroupArn=ref("Group"),
            metrics=[metric],
            metricsOutputConfig={"roleArn": ROLE},
            after=("Events",),
        ),
        "Nightly": resource(
            "BatchInferenceJob", solutionVersionArn=ref("ForYou", "/$LATEST"), **JOB, after=("Version",)
        ),
        "Weekly": resource("BatchSegmentJob", solutionVersionArn=ref("Affinity"), **JOB),
        "DomainSchema": resource("Schema", schema=SHOP_SCHEMA, domain="ECOMMERCE"),
        "Shop": resource("DatasetGroup", domain="ECOMMERCE"),
        "ShopEvents": resource(
            "Dataset", datasetType="Interactions", datasetGroupArn=ref("Shop"), schemaArn=ref("DomainSchema")
        ),
        "Popular": resource(
            "Recommender",
            datasetGroupArn=ref("Shop"),
            recipeArn="arn:aws:personalize:::recipe/aws-ecomm-popular-items-by-purchases",
            after=("ShopEvents",),
        ),
    }


def changed() -> dict[str, Any]:
    """The same resources, each of those that can change changed: in place or by a new one."""
    resources = copy.deepcopy(everything())
    for name, change in {
        "Group": {"Tags": [{"Key": "team", "Value": "shop"}]},
        "Import": {"DataSource": {"DataLocation": "s3://data/second/"}},
        "Tracker": {"Tags": [{"Key": "team", "Value": "shop"}]},
        "Seen": {"FilterExpression": 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("like")'},
        "ForYou": {"RecipeArn": "arn:aws:personalize:::recipe/aws-popularity-count"},
        "Segments": {"PerformAutoTraining": False},
        "Affinity": {"Trigger": "2"},
        "Home": {"MinProvisionedTPS": 3},
        "Report": {"Metrics": [{"EventType": "like", "MetricName": "likes", "Expression": "SAMPLECOUNT()"}]},
        "Popular": {"RecommenderConfig": {"MinRecommendationRequestsPerSecond": 2}},
    }.items():
        resources[name]["Properties"].update(change)
    return resources


BEFORE, AFTER = {"Resources": everything()}, {"Resources": changed()}


def test_template_has_every_type() -> None:
    types = {one["Type"].removeprefix("Custom::Tastemaker") for one in everything().values()}
    assert types == set(TYPES)


def test_life_of_every_type() -> None:
    world = World()
    assert world.create(BEFORE) == "CREATE_COMPLETE", world.stack.reason
    assert world.believed() == world.existing()
    before = world.believed()
    assert world.update(AFTER) == "UPDATE_COMPLETE", world.stack.reason
    assert world.believed() == world.existing()
    replaced = {name for arn, name in before.items() if arn not in world.believed()}
    kept = {"Solution", "Filter", "DatasetImportJob", "Campaign"}
    assert kept <= replaced and not replaced & {"DatasetGroup", "EventTracker", "Recommender", "Schema"}
    assert world.delete() == "DELETE_COMPLETE"
    assert world.existing() == {}


def killed_at(number: int, world: World) -> None:
    """Kill the function once, at the request with this number."""
    seen = [0]

    def fault(kind: str, request: ResourceRequest, step: int) -> bool:
        if step == 0:
            seen[0] += 1
        return seen[0] == number and step == 0

    world.handler.fault = fault


@pytest.mark.parametrize("number", range(1, len(everything()) + 1))
def test_creation_that_fails_at_any_resource_leaves_nothing(number: int) -> None:
    world = World()
    killed_at(number, world)
    assert world.create(BEFORE) == "ROLLBACK_COMPLETE", world.stack.reason
    assert world.existing() == {} and world.here.workflows.schedules == {}


@pytest.mark.parametrize("number", range(1, 11))
def test_update_that_fails_at_any_resource_restores_everything(number: int) -> None:
    world = World()
    assert world.create(BEFORE) == "CREATE_COMPLETE"
    before = world.believed()
    killed_at(number, world)
    assert world.update(AFTER) == "UPDATE_ROLLBACK_COMPLETE", world.stack.reason
    assert world.believed() == world.existing() == before


@pytest.mark.parametrize("number", range(1, len(everything()) + 1, 3))
def test_deletion_that_fails_can_be_repeated(number: int) -> None:
    world = World()
    assert world.create(BEFORE) == "CREATE_COMPLETE"
    killed_at(number, world)
    world.delete()
    world.handler.fault = lambda *_: False
    world.delete()
    assert world.stack.status == "DELETE_COMPLETE" and world.existing() == {}


class Notes:
    """A handler that notes what it is asked for, and fails for some requests."""

    def __init__(self, *failing: str) -> None:
        self.calls: list[str] = []
        self.failing = failing

    def create(self, request: ResourceRequest) -> Physical:
        return self._note("create", request)

    def update(self, request: ResourceRequest) -> Physical:
        return self._note("update", request)

    def delete(self, request: ResourceRequest) -> None:
        self._note("delete", request)

    def _note(self, kind: str, request: ResourceRequest) -> Physical:
        call = f"{kind} {request.logical_id}"
        self.calls.append(f"{call} {request.physical_id}" if kind == "delete" else call)
        if call in self.failing:
            raise ResourceFailedError("it failed", request.physical_id)
        version = request.properties.get("Version", 1)
        return Physical(f"{request.logical_id}{version}", {"Name": "n"})


def stack_of(*failing: str, disable_rollback: bool = False) -> tuple[Engine, Stack, Notes]:
    notes = Notes(*failing)
    return Engine(lambda _: notes, PSEUDO), Stack("arn:stack", "s", disable_rollback=disable_rollback), notes


def template(**resources: Any) -> dict[str, Any]:
    return {"Resources": {name: {"Type": "Custom::X", **one} for name, one in resources.items()}}


def test_retained_resource_is_skipped() -> None:
    engine, stack, notes = stack_of()
    engine.create(stack, template(A={"DeletionPolicy": "Retain"}, B={}), {})
    engine.delete(stack)
    assert stack.status == "DELETE_COMPLETE" and [one for one in notes.calls if "delete" in one] == [
        "delete B B1"
    ]


def test_replaced_resource_is_deleted_after_everything_else_has_succeeded() -> None:
    engine, stack, notes = stack_of()
    body = template(A={}, B={"Properties": {"On": {"Ref": "A"}}})
    engine.create(stack, body, {})
    body = template(A={"Properties": {"Version": 2}}, B={"Properties": {"On": {"Ref": "A"}}})
    engine.update(stack, body, {})
    assert notes.calls[2:] == ["update A", "update B", "delete A A1"]
    assert stack.status == "UPDATE_COMPLETE"


def test_creation_without_rollback_keeps_what_exists() -> None:
    engine, stack, notes = stack_of("create B", disable_rollback=True)
    engine.create(stack, template(A={}, B={"DependsOn": "A"}), {})
    assert stack.status == "CREATE_FAILED" and not [one for one in notes.calls if "delete" in one]


def test_parameters_attributes_and_outputs_are_resolved() -> None:
    engine, stack, _ = stack_of()
    body = {
        "Parameters": {"Size": {"Type": "String", "Default": "1"}},
        "Resources": {"A": {"Type": "Custom::X", "Properties": {"Version": {"Ref": "Size"}}}},
        "Outputs": {"Name": {"Value": {"Fn::GetAtt": ["A", "Name"]}}, "Id": {"Value": {"Ref": "A"}}},
    }
    engine.create(stack, body, {"Size": "7"})
    assert stack.outputs == {"Name": "n", "Id": "A7"}


def test_template_with_an_unknown_reference_fails_with_its_place() -> None:
    engine, stack, _ = stack_of()
    engine.create(stack, template(A={"Properties": {"On": {"Ref": "Nothing"}}}), {})
    assert stack.status == "ROLLBACK_COMPLETE" and "Nothing" in str(stack.events)


def deleted(notes: Notes) -> list[str]:
    return [call for call in notes.calls if call.startswith("delete")]


def test_replaced_resource_with_a_policy_to_retain_stays() -> None:
    engine, stack, notes = stack_of()
    engine.create(stack, template(A={"UpdateReplacePolicy": "Retain"}), {})
    engine.update(stack, template(A={"UpdateReplacePolicy": "Retain", "Properties": {"Version": 2}}), {})
    assert stack.status == "UPDATE_COMPLETE" and deleted(notes) == []
    engine.delete(stack)
    assert deleted(notes) == ["delete A A2"]


@pytest.mark.parametrize(("policy", "gone"), [("Retain", []), ("RetainExceptOnCreate", ["delete A A1"])])
def test_creation_that_is_rolled_back_follows_the_deletion_policy(policy: str, gone: list[str]) -> None:
    engine, stack, notes = stack_of("create B")
    engine.create(stack, template(A={"DeletionPolicy": policy}, B={"DependsOn": "A"}), {})
    assert stack.status == "ROLLBACK_COMPLETE" and deleted(notes) == gone


def test_resource_whose_condition_becomes_false_is_deleted_and_its_property_is_left_out() -> None:
    engine, stack, notes = stack_of()
    body = {
        "Parameters": {"Stage": {"Type": "String"}},
        "Conditions": {"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
        "Resources": {
            "A": {"Type": "Custom::X", "Condition": "IsProd"},
            "B": {
                "Type": "Custom::X",
                "Properties": {"On": {"Fn::If": ["IsProd", {"Ref": "A"}, {"Ref": "AWS::NoValue"}]}},
            },
        },
        "Outputs": {"A": {"Condition": "IsProd", "Value": {"Ref": "A"}}},
    }
    engine.create(stack, body, {"Stage": "prod"})
    assert stack.resources["B"].properties == {"On": "A1"} and stack.outputs == {"A": "A1"}
    engine.update(stack, body, {"Stage": "dev"})
    assert stack.status == "UPDATE_COMPLETE", stack.reason
    assert stack.resources["B"].properties == {} and stack.outputs == {}
    assert deleted(notes) == ["delete A A1"]


def test_renamed_logical_id_creates_the_new_resource_before_it_deletes_the_old_one() -> None:
    engine, stack, notes = stack_of()
    engine.create(stack, template(Old={}), {})
    engine.update(stack, template(New={}), {})
    assert notes.calls == ["create Old", "create New", "delete Old Old1"]


def test_failed_rollback_can_be_continued() -> None:
    engine, stack, notes = stack_of("update B", "update A")
    engine.create(stack, template(A={}, B={"DependsOn": "A"}), {})
    notes.failing = ("update A",)
    engine.update(stack, template(A={"Properties": {"Version": 2}}, B={"DependsOn": "A"}), {})
    assert stack.status == "UPDATE_ROLLBACK_FAILED"
    notes.failing = ()
    engine.roll_back(stack, "User Initiated")
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE" and stack.resources["A"].properties == {}


def test_update_without_rollback_goes_on_where_it_failed() -> None:
    engine, stack, notes = stack_of("update B")
    engine.create(stack, template(A={}, B={"DependsOn": "A"}), {})
    stack.disable_rollback = True
    changed = {"Properties": {"Version": 2}}
    engine.update(stack, template(A=changed, B={**changed, "DependsOn": "A"}), {})
    assert stack.status == "UPDATE_FAILED" and deleted(notes) == []
    notes.failing = ()
    engine.update(stack, template(A=changed, B={**changed, "DependsOn": "A"}), {})
    assert stack.status == "UPDATE_COMPLETE" and deleted(notes) == ["delete B B1", "delete A A1"]


def test_creation_that_is_never_answered_is_deleted_by_the_stack_and_the_logical_id() -> None:
    world = World()
    assert world.create({"Resources": {"Group": resource("DatasetGroup")}}) == "CREATE_COMPLETE"
    world.stack.resources["Group"].physical = Physical("shop-Group-1A2B3C")
    assert world.delete() == "DELETE_COMPLETE" and world.existing() == {}


def test_stack_that_is_updated_still_imports_what_its_template_names() -> None:
    engine, exporting, _ = stack_of()
    output = {"Name": {"Value": "x", "Export": {"Name": "shared"}}}
    engine.create(exporting, {**template(A={}), "Outputs": output}, {})
    engine.exports.publish(exporting)
    stack = Stack("arn:importing", "importing")
    for run, version in ((engine.create, 1), (engine.update, 2)):
        run(stack, template(B={"Properties": {"Version": version, "On": {"Fn::ImportValue": "shared"}}}), {})
        engine.exports.publish(stack)
        assert engine.exports.importers("shared") == ["importing"]
    engine.update(stack, template(B={}), {})
    engine.exports.publish(stack)
    assert engine.exports.importers("shared") == []


def test_stack_whose_template_was_wrong_can_be_updated() -> None:
    engine, stack, _ = stack_of(disable_rollback=True)
    cycle = template(A={"DependsOn": "B"}, B={"DependsOn": "A"})
    engine.create(stack, cycle, {})
    assert stack.status == "CREATE_FAILED"
    engine.update(stack, template(A={}), {})
    assert stack.status == "UPDATE_COMPLETE"
