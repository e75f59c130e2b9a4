from dataclasses import replace

import pytest

from tastemaker.declaration.declarations import Declaration, Ref
from tastemaker.declaration.plan import plan
from tastemaker.declaration.rehearsal import Rehearsal
from tests.standard_schemas import avro
from tests.tastemaker.declaration.shop import RESOURCES, SHOP, deployed


@pytest.fixture(scope="module")
def existing():
    here = Rehearsal()
    return {id: here.control.records.get(arn) for id, arn in deployed(here).items()}


def actions(declaration, existing):
    return {step.id: step.action for step in plan(declaration, existing) if step.action != "nothing"}


def with_(id: str, **properties: object) -> Declaration:
    return Declaration.of(
        replace(one, properties={**one.properties, **properties}) if one.id == id else one
        for one in RESOURCES
    )


def test_new_declaration_creates_everything_in_order():
    steps = plan(SHOP, {})
    assert {step.action for step in steps} == {"create"}
    order = [step.id for step in steps]
    assert order.index("Group") < order.index("ForYou") < order.index("Home")


def test_deployed_declaration_has_nothing_to_do(existing):
    assert actions(SHOP, existing) == {}


def test_change_in_place_updates_one_resource(existing):
    assert actions(with_("Home", minProvisionedTPS=7), existing) == {"Home": "update"}


def test_replacement_replaces_what_refers_to_it(existing):
    found = actions(with_("ForYou", recipeArn="arn:aws:personalize:::recipe/aws-popularity-count"), existing)
    assert found == {"ForYou": "replace", "Version": "replace", "Home": "replace", "Nightly": "replace"}


def test_change_that_is_not_possible_says_why(existing):
    (step,) = [
        one for one in plan(with_("Interactions", schemaArn=Ref("ItemsSchema")), existing) if one.reason
    ]
    assert (step.id, step.action) == ("Interactions", "refused") and "cannot exist beside" in (
        step.reason or ""
    )


def test_wider_schema_replaces_the_schema_and_updates_the_dataset(existing):
    wider = avro("Items", {"name": "COLOR", "type": ["null", "string"]})
    found = actions(with_("ItemsSchema", schema=wider), existing)
    assert found == {"ItemsSchema": "replace", "Items": "update"}


def test_new_trigger_makes_a_new_training(existing):
    again = Declaration.of(replace(one, trigger="2") if one.id == "Version" else one for one in RESOURCES)
    assert actions(again, existing) == {"Version": "replace"}


def test_what_is_not_declared_any_more_is_deleted_dependents_first(existing):
    left = Declaration.of(one for one in RESOURCES if one.id in ("Schema", "Group", "Interactions", "Import"))
    steps = [step for step in plan(left, existing) if step.action == "delete"]
    order = [step.id for step in steps]
    assert order.index("Home") < order.index("ForYou") < order.index("Items") < order.index("ItemsSchema")
    assert {step.id for step in steps if step.reason} == {"Version", "Nightly"}
