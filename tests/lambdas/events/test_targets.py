"""Tests of PutActionInteractions, whose dataset has a tracking id of its own."""

import pytest

from lambdas.events.targets import EventTargets
from tastemaker.control.core.records import MemoryRepository, Record
from tastemaker.errors import InvalidInput, ResourceNotFound
from tastemaker.events.streaming import action_records
from tests.standard_schemas import avro, field

SENT_AT = 1_700_000_000
PREFIX = "arn:aws:personalize:eu-west-1:123456789012:"
DATASET = f"{PREFIX}dataset/shop/ACTION_INTERACTIONS"
SCHEMA = avro("Action_Interactions", field("CHANNEL", ["null", "string"]))


@pytest.fixture
def targets() -> EventTargets:
    repository = MemoryRepository()
    group = f"{PREFIX}dataset-group/shop"
    schema = {"schema": SCHEMA}
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
    deed = {
        "actionId": "call",
        "sessionId": "s",
        "userId": "u",
        "timestamp": SENT_AT + 0.5,
        "eventType": "Taken",
    }
    params = {"trackingId": "t", "actionInteractions": [{**deed, "properties": '{"channel": "mail"}'}]}
    (record,) = action_records(params, target.schema, target.storage.event_group, now=SENT_AT)
    assert record["datasetGroup"] == "shop/actions" and record["itemId"] == "call"
    assert record["sentAt"] == SENT_AT and record["properties"] == '{"CHANNEL":"mail"}'
    again = action_records(params, target.schema, "shop/actions", now=SENT_AT)
    assert again == [record]  # sent twice, it is one


def test_tracking_ids_of_events_and_actions_are_separate(targets: EventTargets) -> None:
    with pytest.raises(InvalidInput, match="no event tracker"):
        targets.of_tracker("t")
    with pytest.raises(ResourceNotFound, match="DescribeDataset"):
        targets.of_action_tracker("other")
