"""What a filter removes."""

import json

from tests.cli.conftest import Command
from tests.cli.service import FakeService

EXPRESSION = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")'


def test_filter_of_the_test_is_deleted_afterwards(command: Command, service: FakeService) -> None:
    service.answers["GetRecommendations"] = {"itemList": [{"itemId": "i1"}]}
    before = [one["name"] for one in service.world.call("ListFilters")["Filters"]]
    found = json.loads(command("filter", "test", EXPRESSION, "--user", "ann", "--json").out)
    (_, plain), (_, filtered) = service.asked
    assert "filterArn" not in plain and "/test-" in filtered["filterArn"]
    assert found["removed"] == [] and len(found["after"]) == 1
    left = [one for one in service.world.call("ListFilters")["Filters"] if one["name"] not in before]
    assert all(one["status"] != "ACTIVE" for one in left)


def test_expression_that_cannot_be_parsed_is_refused_with_the_reason(command: Command) -> None:
    result = command("filter", "test", "EXCLUDE ItemID WHERE", "--user", "ann")
    assert result.code == 2 and "Error: " in result.err


def test_filter_that_leaves_nothing_is_a_finding(command: Command, service: FakeService) -> None:
    service.answers["GetRecommendations"] = {"itemList": []}
    assert command("filter", "test", EXPRESSION, "--user", "ann").code == 1
