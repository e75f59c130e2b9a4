"""Groups, schemas, trackers, filters: what is particular to each."""

import json

import pytest

from tastemaker import filters
from tastemaker.errors import (
    InvalidInput,
    LimitExceeded,
    ResourceAlreadyExists,
    ResourceInUse,
    ResourceNotFound,
)
from tastemaker.recipes import RECIPES
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import SCOPE, world


def test_a_group_is_active_at_once():
    here = world()
    arn = shop.group(here, tags=[{"tagKey": "a", "tagValue": "b"}])
    assert arn == SCOPE.arn("dataset-group/films")
    assert here.call("DescribeDatasetGroup", datasetGroupArn=arn)["datasetGroup"]["status"] == "ACTIVE"
    assert here.call("ListTagsForResource", resourceArn=arn)["tags"] == [{"tagKey": "a", "tagValue": "b"}]
    assert here.workflows.started == {}
    with pytest.raises(ResourceAlreadyExists):
        shop.group(here)
    with pytest.raises(InvalidInput, match="kmsKeyArn"):
        shop.group(here, "other", roleArn=shop.ROLE)


def test_a_group_goes_last():
    here = world()
    group_arn = shop.group(here)
    tracker = here.call("CreateEventTracker", name="t", datasetGroupArn=group_arn)
    with pytest.raises(ResourceInUse, match=tracker["eventTrackerArn"]):
        here.call("DeleteDatasetGroup", datasetGroupArn=group_arn)
    here.call("DeleteEventTracker", eventTrackerArn=tracker["eventTrackerArn"])
    assert here.control.ports.repository.target(f"tracking-id/{tracker['trackingId']}") is None
    here.call("DeleteDatasetGroup", datasetGroupArn=group_arn)
    described = here.call("DescribeDatasetGroup", datasetGroupArn=group_arn)["datasetGroup"]
    assert described["status"] == "DELETE PENDING"
    with pytest.raises(ResourceInUse, match="DELETE PENDING"):
        here.call("DeleteDatasetGroup", datasetGroupArn=group_arn)
    with pytest.raises(ResourceInUse, match="DELETE PENDING"):
        here.call("CreateEventTracker", name="t", datasetGroupArn=group_arn)
    assert shop.finish_deletion(here, group_arn)["profilesOf"] == "films"
    with pytest.raises(ResourceNotFound):
        here.call("DescribeDatasetGroup", datasetGroupArn=group_arn)
    assert shop.group(here) == group_arn


def test_a_deletion_that_cannot_start_changes_nothing():
    here = world()
    group_arn = shop.group(here)
    here.workflows.refuse = "no machine"
    with pytest.raises(Exception, match="no machine"):
        here.call("DeleteDatasetGroup", datasetGroupArn=group_arn)
    assert here.control.records.find("DatasetGroup", group_arn).status == "ACTIVE"


def test_a_schema_is_held_by_its_datasets():
    here = world()
    schema_arn = shop.schema(here)
    described = here.call("DescribeSchema", schemaArn=schema_arn)["schema"]
    assert json.loads(described["schema"])["name"] == "Interactions" and "status" not in described
    dataset_arn = shop.dataset(here, shop.group(here), schema_arn=schema_arn)
    with pytest.raises(ResourceInUse, match=dataset_arn):
        here.call("DeleteSchema", schemaArn=schema_arn)
    here.call("DeleteDataset", datasetArn=dataset_arn)
    shop.finish_deletion(here, dataset_arn)
    here.call("DeleteSchema", schemaArn=schema_arn)
    assert here.call("ListSchemas")["schemas"] == []
    with pytest.raises(InvalidInput, match="cannot have tags"):
        here.call("TagResource", resourceArn=shop.schema(here), tags=[])


def test_one_tracker_for_a_group():
    here = world()
    group_arn = shop.group(here)
    tracker = here.call("CreateEventTracker", name="t", datasetGroupArn=group_arn)
    described = here.call("DescribeEventTracker", eventTrackerArn=tracker["eventTrackerArn"])["eventTracker"]
    assert described["accountId"] == SCOPE.account and described["trackingId"] == tracker["trackingId"]
    target = here.control.ports.repository.target(f"tracking-id/{tracker['trackingId']}")
    assert target == tracker["eventTrackerArn"]
    with pytest.raises(ResourceAlreadyExists):
        here.call("CreateEventTracker", name="second", datasetGroupArn=group_arn)
    with pytest.raises(ResourceAlreadyExists):
        here.call("CreateEventTracker", name="t", datasetGroupArn=shop.group(here, "books"))


def test_filters_are_compiled():
    here = world()
    group_arn, _ = shop.shop(here)
    shop.dataset(here, group_arn, "Items")
    expression = (
        'INCLUDE ItemID WHERE Items.GENRES IN ($G) | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")'
    )
    created = here.call("CreateFilter", name="f", datasetGroupArn=group_arn, filterExpression=expression)
    described = here.call("DescribeFilter", filterArn=created["filterArn"])["filter"]
    assert described["status"] == "ACTIVE"
    assert filters.parameters(filters.load(described["_compiled"])) == ["G"]
    assert here.call("ListFilters", datasetGroupArn=group_arn)["Filters"][0]["filterExpression"] == expression
    here.call("DeleteFilter", filterArn=created["filterArn"])


@pytest.mark.parametrize(
    "expression",
    ["INCLUDE", "INCLUDE ItemID WHERE Items.SEEN IN (1)", 'INCLUDE ItemID WHERE Items.CAST IN ("x")'],
)
def test_filters_that_cannot_work(expression):
    here = world()
    group_arn, _ = shop.shop(here)
    shop.dataset(here, group_arn, "Items")
    with pytest.raises(InvalidInput):
        here.call("CreateFilter", name="f", datasetGroupArn=group_arn, filterExpression=expression)


def test_quotas_of_the_account():
    here = world(
        quotas={"datasetGroups": 1, "schemas": 1, "filtersPerDatasetGroup": 1, "campaignsPerDatasetGroup": 1}
    )
    group_arn, _ = shop.shop(here)
    with pytest.raises(LimitExceeded, match="More than 1 resources in ACTIVE state"):
        shop.group(here, "books")
    with pytest.raises(LimitExceeded, match="schemas"):
        shop.schema(here, "Items")
    first, second = (shop.trained(here, shop.solution(here, group_arn, name)) for name in ("a", "b"))
    shop.campaign(here, first)
    with pytest.raises(LimitExceeded, match="campaignsPerDatasetGroup"):
        shop.campaign(here, second, "other")


@pytest.mark.parametrize(("filters", "count"), [({}, len(RECIPES)), ({"domain": "VIDEO_ON_DEMAND"}, 5)])
def test_a_token_follows_the_first_page_of_recipes(filters, count):
    here = world()
    first = here.call("ListRecipes", **filters)
    assert len(first["recipes"]) == count
    rest = here.call("ListRecipes", **filters, nextToken=first["nextToken"])
    assert rest == {"recipes": [], "nextToken": None}
    names, token = [], None
    while token is not None or not names:  # in small pages, each recipe comes once
        page = here.call("ListRecipes", **filters, maxResults=2, **({"nextToken": token} if token else {}))
        names += [one["name"] for one in page["recipes"]]
        token = page["nextToken"]
    assert names == [one["name"] for one in first["recipes"]]
