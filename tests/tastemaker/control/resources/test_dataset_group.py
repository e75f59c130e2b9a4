"""Dataset groups."""

import pytest

from tastemaker.contracts.dataset_storage import DATA_ID
from tastemaker.errors import InvalidInput, ResourceAlreadyExists, ResourceInUse, ResourceNotFound
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import SCOPE, world


def test_dataset_group_is_active_at_once_and_its_name_is_unique():
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


def test_dataset_group_with_a_key_of_its_own_is_refused_by_name():
    here = world()
    key = "arn:aws:kms:eu-west-1:123456789012:key/1"
    with pytest.raises(InvalidInput, match=f"kmsKeyArn is {key}"):
        shop.group(here, kmsKeyArn=key, roleArn=shop.ROLE)


def test_delete_dataset_group_needs_an_empty_group():
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
    assert "profilesOf" not in shop.finish_deletion(here, group_arn)  # profiles belong to datasets
    with pytest.raises(ResourceNotFound):
        here.call("DescribeDatasetGroup", datasetGroupArn=group_arn)
    assert shop.group(here) == group_arn


def test_group_from_before_data_ids_keeps_its_folder_and_its_profiles():
    here = world()
    group_arn = shop.group(here)
    record = here.control.records.find_any(group_arn)
    here.control.ports.repository.update(record.with_(**{DATA_ID: None}))
    assert shop.folder(here, group_arn).prefix == "groups/films/"
    here.call("DeleteDatasetGroup", datasetGroupArn=group_arn)
    plan = shop.finish_deletion(here, group_arn)
    assert (plan["prefixes"], plan["profilesOf"]) == (["groups/films/"], "films")


def test_deletion_that_cannot_start_leaves_the_status():
    here = world()
    group_arn = shop.group(here)
    here.workflows.refuse = "no machine"
    with pytest.raises(Exception, match="no machine"):
        here.call("DeleteDatasetGroup", datasetGroupArn=group_arn)
    assert here.control.records.find("DatasetGroup", group_arn).status == "ACTIVE"
