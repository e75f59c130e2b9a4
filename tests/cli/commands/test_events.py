"""Events that are sent."""

import base64
import json

from tests.cli.conftest import Command
from tests.cli.service import FakeService


def test_send_puts_one_event_for_each_item_in_order(command: Command, service: FakeService) -> None:
    items = [f"i{number}" for number in range(12)]
    result = command("events", "send", "ann", *items, "--type", "watch", "--tracking-id", "tracker-1")
    calls = [asked for name, asked in service.asked if name == "PutEvents"]
    sent = [event for call in calls for event in call["eventList"]]
    assert [len(call["eventList"]) for call in calls] == [10, 2]
    assert [event["itemId"] for event in sent] == items and result.code == 0
    times = [event["sentAt"] for event in sent]
    assert times == sorted(times) and len(set(times)) == 12


def test_properties_and_values_are_sent(command: Command, service: FakeService) -> None:
    command(
        *("events", "send", "ann", "i1", "--tracking-id", "t", "--number", "4.5"),
        *("--property", "DEVICE=phone"),
    )
    (event,) = service.asked[-1][1]["eventList"]
    assert event["eventValue"] == 4.5 and json.loads(event["properties"]) == {"DEVICE": "phone"}


def test_group_must_be_chosen_among_several(command: Command, service: FakeService) -> None:
    result = command("events", "send", "ann", "i1")
    assert result.code == 2 and "--group NAME" in result.err and not service.asked


def arriving(service: FakeService, *events: dict[str, object]) -> None:
    """Let the stream give these events once, and then end."""
    data = [{"Data": base64.b64encode(json.dumps(one).encode()).decode()} for one in events]
    service.answers |= {
        "ListStreams": {"StreamNames": ["tastemaker-events"], "HasMoreStreams": False},
        "ListShards": {"Shards": [{"ShardId": "shardId-0"}]},
        "GetShardIterator": {"ShardIterator": "first"},
        "GetRecords": {"Records": data, "MillisBehindLatest": 0},
    }


def test_tail_shows_the_events_of_a_group_and_a_user(command: Command, service: FakeService) -> None:
    event = {"datasetGroup": "shop.1a2b", "userId": "ann", "eventType": "buy", "itemId": "i1", "sentAt": 0}
    others = [{**event, "datasetGroup": "films.3c4d"}, {**event, "userId": "bob"}]
    mine = {**event, "eventValue": 2, "properties": '{"DEVICE": "tv"}'}
    arriving(service, *others, mine)
    result = command("events", "tail", "--group", "shop", "--user", "ann")
    assert result.out.splitlines() == ['00:00:00  shop  ann  buy i1 = 2  {"DEVICE": "tv"}']
    arriving(service, mine)
    assert json.loads(command("events", "tail", "--json", "--seconds", "5").out) == mine


def test_tail_of_a_stage_without_a_stream_is_refused(command: Command, service: FakeService) -> None:
    service.answers["ListStreams"] = {"StreamNames": [], "HasMoreStreams": False}
    result = command("events", "tail")
    assert result.code == 2 and "This stage has no stream" in result.err


def test_group_without_an_event_tracker_gets_one(command: Command, service: FakeService) -> None:
    result = json.loads(command("events", "send", "ann", "i1", "--group", "empty", "--json").out)
    again = json.loads(command("events", "send", "ann", "i1", "--group", "empty", "--json").out)
    assert result == again and result["accepted"] == 1
