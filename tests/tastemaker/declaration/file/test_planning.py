"""Plans: what is created, changed, replaced and deleted, with reasons and losses."""

import json

import pytest

from tastemaker.declaration.file.api import ApiError
from tastemaker.declaration.file.existing import find
from tastemaker.declaration.file.planning import destruction
from tests.standard_schemas import avro
from tests.tastemaker.declaration.file.service import MemoryApi, declared, shop

EVENT = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")'


@pytest.fixture
def api() -> MemoryApi:
    api = MemoryApi()
    assert api.apply(declared(shop()), wait=False).succeeded
    api.calls.clear()
    return api


def actions(plan):
    return {step.title: step.action for step in plan.steps if step.action != "nothing"}


def changed(section, key, **properties):
    value = shop()
    value[section] = {**value[section], key: {**(value[section].get(key) or {}), **properties}}
    return declared(value)


def test_plan_of_what_exists_is_empty_and_calls_nothing_that_changes(api):
    assert api.plan(declared(shop())).is_empty
    assert set(api.changes) <= {"ListTagsForResource"}


def test_member_that_changes_in_place_is_an_update(api):
    plan = api.plan(changed("campaigns", "home", minProvisionedTPS=3))
    assert actions(plan) == {"campaigns.home": "update"}
    (step,) = plan.of("update")
    assert [(one.path, one.before, one.after) for one in step.differences] == [("minProvisionedTPS", 1, 3)]


def test_change_by_hand_is_shown_as_a_difference(api):
    campaign = find(api, declared(shop())).records["campaigns.home"].arn
    api.call("UpdateCampaign", {"campaignArn": campaign, "minProvisionedTPS": 9})
    assert actions(api.plan(declared(shop()))) == {"campaigns.home": "update"}


def test_change_that_needs_a_new_resource_says_what_it_loses(api):
    (step,) = api.plan(changed("filters", "cheap", filterExpression=EVENT)).of("replace")
    assert "filterExpression cannot change in place" in step.reasons and "until the new one" in step.loses


def test_replacement_includes_what_is_built_on_it(api):
    value = shop()
    value["schemas"]["events"]["schema"] = avro("Interactions", {"name": "DEVICE", "type": "string"})
    plan = api.plan(declared(value))
    assert actions(plan) == {
        "schemas.events": "replace",
        "datasets.interactions": "replace",
        "datasetImportJobs.first": "create",
    }
    assert plan.of("create")[0].name == "first-2"  # a job's name can be used once
    assert any("second schema" in reason for reason in plan.steps[1].reasons + plan.steps[2].reasons)


def test_wider_schema_of_items_under_another_key_keeps_the_data(api):
    value = shop()
    wider = json.loads(avro("Items"))
    wider["fields"].append({"name": "BRAND", "type": ["null", "string"]})
    value["schemas"]["products-2"] = {"schema": wider}
    value["datasets"]["items"] = {"schema": "products-2"}
    assert actions(api.plan(declared(value))) == {"schemas.products-2": "create", "datasets.items": "update"}


def test_name_of_a_dataset_is_a_label(api):
    assert api.plan(changed("datasets", "items", name="other", datasetType="Items")).is_empty


def test_job_that_exists_cannot_change(api):
    plan = api.plan(changed("datasetImportJobs", "first", dataSource={"dataLocation": "s3://data/b.csv"}))
    (step,) = plan.of("refused")
    assert "first-2" in step.reasons[0] and not plan.is_empty


def test_undeclared_resources_stay_unless_they_are_pruned(api):
    value = shop()
    del value["filters"]
    plan = api.plan(declared(value))
    assert plan.is_empty and [one.resource_type for one in plan.others] == ["Filter"]
    assert actions(api.plan(declared(value), prune=True)) == {"Filter cheap": "delete"}


def test_replaced_group_with_undeclared_content_is_refused(api):
    value = {"datasetGroups": {"shop": {"domain": "ECOMMERCE"}}}
    plan = api.plan(declared(value))
    (step,) = plan.of("refused")
    assert step.type == "DatasetGroup" and "Filter cheap" in step.reasons[-1]
    assert not api.plan(declared(value), prune=True).of("refused")


def test_tags_that_are_not_declared_belong_to_others(api):
    arn = find(api, declared(shop())).records["filters.cheap"].arn
    api.call("TagResource", {"resourceArn": arn, "tags": [{"tagKey": "cost", "tagValue": "1"}]})
    assert api.plan(declared(shop())).is_empty
    assert actions(api.plan(changed("filters", "cheap", tags=[]))) == {"filters.cheap": "update"}


def test_destruction_deletes_dependents_first_and_leaves_jobs(api):
    plan = destruction(declared(shop()), find(api, declared(shop())))
    types = [step.type for step in plan.steps]
    assert types.index("Campaign") < types.index("Solution") < types.index("Dataset") < types.index("Schema")
    assert "DatasetImportJob" not in types


def test_campaign_that_moves_to_another_solution_is_found_and_replaced(api):
    value = shop()
    value["solutions"]["popular"] = {"recipe": "aws-popularity-count"}
    value["campaigns"]["home"] = {"solution": "popular"}
    plan = api.plan(declared(value))
    assert actions(plan) == {"solutions.popular": "create", "campaigns.home": "replace"}


def owned_by_a_stack(api, *ids):
    """Let a stack declare resources of the shop."""
    records = find(api, declared(shop())).records
    for id in ids:
        record = api.here.control.records.find_any(records[id].arn)
        owner = f"arn:aws:cloudformation:us-east-1:000000000000:stack/films/1/{id.partition('.')[2]}"
        api.here.control.writer.change_private(record, _declaredBy=owner)


def test_resource_of_a_stack_is_shown_and_stays_as_it_is(api):
    owned_by_a_stack(api, "campaigns.home", "filters.cheap")
    plan = api.plan(declared(shop()))
    assert plan.is_empty
    (step,) = [one for one in plan.steps if one.id == "campaigns.home"]
    assert step.reasons == ("declared by the stack films as home",)


@pytest.mark.parametrize(
    "change",
    [
        ("campaigns", "home", {"minProvisionedTPS": 3}),
        ("filters", "cheap", {"filterExpression": EVENT}),
    ],
)
def test_change_of_what_a_stack_declares_is_refused(api, change):
    section, key, properties = change
    owned_by_a_stack(api, f"{section}.{key}")
    (step,) = api.plan(changed(section, key, **properties)).of("refused")
    assert "declared by the stack films as" in step.reasons[-1] and "change it there" in step.reasons[-1]


def test_prune_and_destroy_leave_what_a_stack_declares(api):
    owned_by_a_stack(api, "campaigns.home", "filters.cheap")
    fewer = shop()
    del fewer["campaigns"], fewer["filters"]
    plan = api.plan(declared(fewer), prune=True)
    assert not plan.of("delete") and {one.resource_type for one in plan.others} == {"Campaign", "Filter"}
    steps = destruction(declared(shop()), find(api, declared(shop())))
    assert {"campaigns.home", "filters.cheap"} == {step.id for step in steps.of("nothing")}
    assert "eventTrackers.web" in {step.id for step in steps.of("delete")}


@pytest.mark.parametrize("prune", [False, True])
def test_deletion_of_what_contains_something_of_a_stack_is_refused(api, prune):
    owned_by_a_stack(api, "campaigns.home")
    fewer = shop()
    del fewer["campaigns"]
    for value in (shop(), fewer):
        plan = destruction(declared(value), find(api, declared(value)), prune=prune)
        refused = {step.id: step.reasons[-1] for step in plan.of("refused")}
        assert set(refused) == {"datasetGroups.shop", "solutions.for-you"}
        assert all("Campaign home (declared by the stack films as home)" in one for one in refused.values())
        assert not any("--prune" in one for one in refused.values())


def test_destruction_that_pruning_makes_possible_says_so(api):
    fewer = shop()
    del fewer["filters"]
    existing = find(api, declared(fewer))
    (step,) = destruction(declared(fewer), existing).of("refused")
    assert step.id == "datasetGroups.shop" and "Filter cheap. Give --prune" in step.reasons[-1]
    assert not destruction(declared(fewer), existing, prune=True).of("refused")


def test_replaced_group_with_something_of_a_stack_is_refused_even_with_prune(api):
    owned_by_a_stack(api, "filters.cheap")
    value = {"datasetGroups": {"shop": {"domain": "ECOMMERCE"}}}
    for prune in (False, True):
        (step,) = api.plan(declared(value), prune=prune).of("refused")
        assert step.id == "datasetGroups.shop"
        assert "Filter cheap (declared by the stack films as cheap)" in step.reasons[-1]


def test_pruning_leaves_an_alias_and_the_campaign_that_it_points_at(api):
    home = find(api, declared(shop())).records["campaigns.home"].arn
    api.call("CreateCampaign", {"name": "entry", "solutionVersionArn": home})
    fewer = shop()
    del fewer["campaigns"], fewer["solutions"], fewer["filters"]
    plan = api.plan(declared(fewer), prune=True)
    assert actions(plan) == {"Filter cheap": "delete"}
    assert plan.named_others == ["Campaign entry (an alias)", "Campaign home", "Solution for-you"]
    gone = destruction(declared(fewer), find(api, declared(fewer)), prune=True)
    assert [step.id for step in gone.of("refused")] == ["datasetGroups.shop"]


def test_without_permission_to_list_tags_nothing_is_pruned(api):
    fewer = shop()
    del fewer["filters"], fewer["eventTrackers"]
    call = api.call

    def denied(operation, request):
        if operation == "ListTagsForResource" and "filter/" in request["resourceArn"]:
            raise ApiError("AccessDeniedException", "personalize:ListTagsForResource is not allowed.")
        return call(operation, request)

    api.call = denied
    plan = api.plan(declared(fewer), prune=True)
    assert not plan.of("delete") and {one.resource_type for one in plan.others} == {"Filter", "EventTracker"}
    assert "personalize:ListTagsForResource" in plan.notice


def test_undeclared_resource_that_is_gone_meanwhile_is_left_out(api):
    fewer = shop()
    del fewer["filters"]
    call = api.call

    def gone(operation, request):
        if operation == "ListTagsForResource" and "filter/" in request["resourceArn"]:
            raise ApiError("ResourceNotFoundException", "It does not exist.")
        return call(operation, request)

    api.call = gone
    assert not api.plan(declared(fewer)).others


def test_alias_of_a_campaign_that_failed_is_moved(api):
    value = shop()
    home = find(api, declared(value)).records["campaigns.home"].arn
    api.call("CreateCampaign", {"name": "entry", "solutionVersionArn": home})
    target = api.here.control.records.find_any(home)
    api.here.control.writer.change(target, status="CREATE FAILED", failureReason="no model")
    value["campaigns"] = {"green": {"solution": "for-you"}, "entry": {"campaign": "green"}}
    assert actions(api.plan(declared(value))) == {"campaigns.green": "create", "campaigns.entry": "update"}
