"""What exists, and what failed."""

import json

from tests.cli.conftest import Command


def test_status_lists_the_dataset_groups(command: Command) -> None:
    result = command("status")
    assert result.code == 0 and "ECOMMERCE" in result.out and "ACTIVE" in result.out


def test_status_of_a_group_shows_models_with_their_campaigns(command: Command) -> None:
    names = [one["name"] for one in json.loads(command("status", "--json").out)["datasetGroups"]]
    shown = {name: command("status", name) for name in names}
    group = next(result for result in shown.values() if "aws-user-personalization" in result.out)
    assert "Interactions" in group.out and "NDCG@25" in group.out


def test_status_as_json_describes_everything(command: Command) -> None:
    found = json.loads(command("status", "shop", "--json").out)
    assert {"datasets", "imports", "versions", "campaigns", "filters", "eventTrackers"} <= found.keys()


def test_group_without_data_says_what_to_do_next(command: Command) -> None:
    assert "tastemaker load" in command("status", "empty").out
