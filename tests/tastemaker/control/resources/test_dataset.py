import pytest

from tastemaker.errors import (
    InvalidInput,
    LimitExceeded,
    ResourceAlreadyExists,
    ResourceInUse,
    ResourceNotFound,
)
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import SCOPE, world


def test_dataset_type_is_case_insensitive_and_in_the_arn():
    here = world()
    group_arn = shop.group(here)
    arn = shop.dataset(here, group_arn, "Items")
    assert arn == SCOPE.arn("dataset/films/ITEMS")
    described = here.call("DescribeDataset", datasetArn=arn)["dataset"]
    assert described["datasetType"] == "ITEMS" and described["status"] == "ACTIVE"


def test_group_has_one_dataset_of_each_type():
    here = world()
    group_arn = shop.group(here)
    schema_arn = shop.schema(here)
    shop.dataset(here, group_arn, schema_arn=schema_arn)
    with pytest.raises(ResourceAlreadyExists):
        shop.dataset(here, group_arn, schema_arn=schema_arn)
    shop.dataset(here, shop.group(here, "books"), schema_arn=schema_arn)


def test_action_interactions_dataset_has_a_tracking_id():
    here = world()
    arn = shop.dataset(here, shop.group(here), "Action_Interactions")
    tracking_id = here.call("DescribeDataset", datasetArn=arn)["dataset"]["trackingId"]
    assert here.control.ports.repository.target(f"tracking-id/{tracking_id}") == arn


def test_delete_of_the_dataset_of_streamed_events_is_accepted_for_a_group_that_has_or_had_a_tracker():
    here = world()
    group_arn = shop.group(here)
    arn = SCOPE.arn("dataset/films/EVENT_INTERACTIONS")
    with pytest.raises(ResourceNotFound):
        here.call("DeleteDataset", datasetArn=arn)
    tracker = here.call("CreateEventTracker", name="t", datasetGroupArn=group_arn)
    here.call("DeleteDataset", datasetArn=arn)
    here.call("DeleteEventTracker", eventTrackerArn=tracker["eventTrackerArn"])
    here.call("DeleteDataset", datasetArn=arn)
    here.call("DeleteDatasetGroup", datasetGroupArn=group_arn)
    shop.finish_deletion(here, group_arn)
    with pytest.raises(ResourceNotFound):
        here.call("DeleteDataset", datasetArn=arn)


def test_create_dataset_refuses_a_wrong_type_or_schema():
    here = world()
    group_arn, items = shop.group(here), shop.schema(here, "Items")
    domain_group = shop.group(here, "vod", domain="VIDEO_ON_DEMAND")
    with pytest.raises(InvalidInput, match="needs a schema whose record is named 'Users'"):
        shop.dataset(here, group_arn, "Users", items)
    with pytest.raises(InvalidInput, match="takes INTERACTIONS"):
        shop.dataset(here, group_arn, "Cars", items)
    with pytest.raises(InvalidInput, match="takes INTERACTIONS, ITEMS, USERS"):
        shop.dataset(here, domain_group, "Actions", items)
    with pytest.raises(InvalidInput, match="same domain"):
        shop.dataset(here, domain_group, "Items", items)


def test_update_dataset_accepts_a_wider_schema():
    here = world()
    arn = shop.dataset(here, shop.group(here), "Items")
    wider = shop.avro("Items", {"name": "YEAR", "type": ["null", "int"]})
    new = here.call("CreateSchema", name="wider", schema=wider)["schemaArn"]
    here.call("UpdateDataset", datasetArn=arn, schemaArn=new)
    described = here.call("DescribeDataset", datasetArn=arn)["dataset"]
    assert described["schemaArn"] == new
    assert described["latestDatasetUpdate"]["status"] == "ACTIVE"
    narrow = here.call("CreateSchema", name="narrow", schema=shop.avro("Items"))["schemaArn"]
    with pytest.raises(InvalidInput, match="YEAR"):
        here.call("UpdateDataset", datasetArn=arn, schemaArn=narrow)
    changes = [(change.part, change.after) for change in here.changes]
    assert ("latestDatasetUpdate", "ACTIVE") in changes


def test_update_dataset_is_for_items_and_users():
    here = world()
    arn = shop.dataset(here, shop.group(here))
    with pytest.raises(InvalidInput, match="ITEMS, USERS"):
        here.call("UpdateDataset", datasetArn=arn, schemaArn=shop.schema(here, name="other"))


def test_delete_dataset_is_refused_during_imports_and_trainings():
    here = world()
    group_arn, dataset_arn = shop.shop(here)
    job = shop.import_job(here, dataset_arn, "second")
    with pytest.raises(ResourceInUse, match="second"):
        here.call("DeleteDataset", datasetArn=dataset_arn)
    here.control.resource_types["DatasetImportJob"].fail(here.control.records.find_any(job), "why")
    version_arn = shop.version(here, shop.solution(here, group_arn))
    with pytest.raises(ResourceInUse, match=version_arn):
        here.call("DeleteDataset", datasetArn=dataset_arn)
    shop.finish_training(here, version_arn)
    here.call("DeleteDataset", datasetArn=dataset_arn)
    assert here.workflows.last == ("delete", {"arn": dataset_arn})
    plan = shop.finish_deletion(here, dataset_arn)
    assert plan["prefixes"] == [
        "groups/films.00000001/datasets/INTERACTIONS.00000002/",
        "groups/films.00000002/events/",
    ]
    assert plan["late"] == ["groups/films.00000002/events/"]
    assert plan["profilesOf"] == "films.00000002"
    assert here.control.records.get(dataset_arn) is None
    assert here.call("ListDatasetImportJobs")["datasetImportJobs"] == []


def test_metadata_columns_are_limited_by_a_quota():
    here = world(quotas={"metadataColumnsItems": 2})
    with pytest.raises(LimitExceeded, match="metadataColumnsItems"):
        shop.dataset(here, shop.group(here), "Items")


def test_last_update_can_be_taken_back_until_an_import_has_used_it():
    here = world()
    group_arn = shop.group(here)
    old = shop.schema(here, "Items")
    arn = shop.dataset(here, group_arn, "Items", old)
    wider = shop.avro("Items", {"name": "COLOR", "type": ["null", "string"]})
    new = here.call("CreateSchema", name="wider", schema=wider)["schemaArn"]
    for schema_arn in (new, old, new):
        here.call("UpdateDataset", datasetArn=arn, schemaArn=schema_arn)
        assert here.call("DescribeDataset", datasetArn=arn)["dataset"]["schemaArn"] == schema_arn
    shop.imported(here, arn)
    with pytest.raises(InvalidInput, match="COLOR"):
        here.call("UpdateDataset", datasetArn=arn, schemaArn=old)
