"""Operations that follow from a declaration: creation, lists and deletion."""

import pytest

from tastemaker.contracts import statuses
from tastemaker.errors import InvalidInput, ResourceInUse
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import World, world


@pytest.fixture
def here() -> World:
    return world()


def test_creation_that_cannot_start_its_workflow_stores_the_reason(here: World) -> None:
    arn = shop.dataset(here, shop.group(here))
    here.workflows.refuse = "Step Functions is busy"
    record = here.control.records.find_any(shop.import_job(here, arn))
    assert (record.status, record.body["failureReason"]) == (statuses.FAILED, "Step Functions is busy")


def test_list_of_a_parent_has_only_its_children(here: World) -> None:
    one, other = shop.group(here, "one"), shop.group(here, "other")
    schema = shop.schema(here)
    arn = shop.dataset(here, one, schema_arn=schema)
    shop.dataset(here, other, schema_arn=schema)
    listed = here.call("ListDatasets", datasetGroupArn=one)["datasets"]
    assert [dataset["datasetArn"] for dataset in listed] == [arn]


def test_list_by_an_arn_of_another_type_is_refused(here: World) -> None:
    with pytest.raises(InvalidInput, match="not the ARN of a dataset group"):
        here.call("ListDatasets", datasetGroupArn=shop.schema(here))


def test_resource_in_use_is_not_deleted_and_stays_active(here: World) -> None:
    group = shop.group(here)
    dataset = shop.dataset(here, group)
    with pytest.raises(ResourceInUse, match=f"is used by {dataset}; delete that first"):
        here.call("DeleteDatasetGroup", datasetGroupArn=group)
    assert here.control.records.find_any(group).status == statuses.ACTIVE


def test_deletion_whose_workflow_cannot_start_leaves_the_resource_as_it_was(here: World) -> None:
    group = shop.group(here)
    here.workflows.refuse = "Step Functions is busy"
    with pytest.raises(Exception, match="busy"):
        here.call("DeleteDatasetGroup", datasetGroupArn=group)
    assert here.control.records.find_any(group).status == statuses.ACTIVE
