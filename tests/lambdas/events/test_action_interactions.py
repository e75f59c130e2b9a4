"""PutActionInteractions: a tracking id of the dataset's own, and records that are no events of items."""

import json

import pytest

from lambdas.events.targets import EventTargets
from tastemaker.control.core.records import MemoryRepository, Record
from tastemaker.errors import InvalidInput, ResourceNotFound
from tastemaker.events.streaming import action_records

PREFIX = "arn:aws:personalize:eu-west-1:123456789012:"
DATASET = f"{PREFIX}dataset/shop/ACTION_INTERACTIONS"
SCHEMA = {
    "type": "record",
    "name": "ActionInteractions",
    "namespace": "com.amazonaws.personalize.schema",
    "version": "1.0",
    "fields": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ACTION_ID", "type": "string"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
        {"name": "CHANNEL", "type": ["null", "string"]},
    ],
}


@pytest.fixture
def targets() -> EventTargets:
    repository = MemoryRepository()
    group = f"{PREFIX}dataset-group/shop"
    schema = {"schema": json.dumps(SCHEMA)}
    repository.create(Record(f"{PREFIX}schema/deeds", "Schema", schema))
    body = {
        "status": "ACTIVE",
        "datasetGroupArn": group,
        "datasetType": "ACTION_INTERACTIONS",
        "schemaArn": f"{PREFIX}schema/deeds",
    }
    repository.create(Record(DATASET, "Dataset", body), aliases={"tracking-id/t": DATASET})
    return EventTargets(repository)


def test_action_interaction_is_streamed_under_the_action_group(targets: EventTargets) -> None:
    target = targets.of_action_tracker("t")
    deed = {"actionId": "call", "sessionId": "s", "userId": "u", "timestamp": 5.5, "eventType": "Taken"}
    params = {"trackingId": "t", "actionInteractions": [{**deed, "properties": '{"channel": "mail"}'}]}
    (record,) = action_records(params, target.schema, target.dataset_group)
    assert record["datasetGroup"] == "shop/actions" and record["itemId"] == "call"
    assert record["sentAt"] == 5 and record["properties"] == '{"CHANNEL":"mail"}'
    assert action_records(params, target.schema, "shop") == [record]  # sent twice, it is one


def test_tracking_ids_of_events_and_actions_are_separate(targets: EventTargets) -> None:
    with pytest.raises(InvalidInput, match="no event tracker"):
        targets.of_tracker("t")
    with pytest.raises(ResourceNotFound, match="DescribeDataset"):
        targets.of_action_tracker("other")
