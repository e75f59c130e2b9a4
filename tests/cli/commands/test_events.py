"""Events that are sent."""

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
