"""Lists, rankings and searches."""

import pytest

from tests.cli.conftest import Command
from tests.cli.service import FakeService
from tests.tastemaker.control import shop

ITEMS = [{"itemId": "i1", "score": 0.5}, {"itemId": "i2", "score": 0.25}]


def test_recommend_asks_the_only_campaign_and_shows_places_and_scores(
    command: Command, service: FakeService
) -> None:
    service.answers["GetRecommendations"] = {"itemList": ITEMS}
    result = command("recommend", "ann", "-n", "2", "--context", "DEVICE=phone")
    (operation, asked) = service.asked[-1]
    assert operation == "GetRecommendations" and asked["userId"] == "ann" and asked["numResults"] == 2
    assert asked["context"] == {"DEVICE": "phone"} and ":campaign/" in asked["campaignArn"]
    assert f"Recommended for ann, by {asked['campaignArn'].partition('/')[2]}" in result.out
    assert [line.split() for line in result.out.splitlines()[2:]] == [
        ["item", "score"],
        ["1", "i1", "0.5000"],
        ["2", "i2", "0.2500"],
    ]


def test_alias_of_a_campaign_that_awaits_its_first_version_is_not_asked(
    command: Command, service: FakeService
) -> None:
    group = service.world.call("ListDatasetGroups")["datasetGroups"][0]["datasetGroupArn"]
    latest = f"{shop.solution(service.world, group, 'later')}/$LATEST"
    waiting = service.world.call(
        "CreateCampaign",
        name="later",
        solutionVersionArn=latest,
        campaignConfig={"syncWithLatestSolutionVersion": True},
        awaitFirstVersion=True,
    )["campaignArn"]
    service.world.call("CreateCampaign", name="alias", solutionVersionArn=waiting)
    service.answers["GetRecommendations"] = {"itemList": ITEMS}
    assert command("recommend", "ann").code == 0
    assert service.asked[-1][1]["campaignArn"] not in (waiting, waiting.replace("later", "alias"))


def test_filter_values_are_quoted_as_the_api_wants_them(command: Command, service: FakeService) -> None:
    service.answers["GetRecommendations"] = {"itemList": ITEMS}
    name = next(iter(service.world.call("ListFilters")["Filters"]))["name"]
    command("recommend", "ann", "--filter", name, "--value", "GENRE=Drama,Sci-Fi", "--value", "YEAR=1999")
    assert service.asked[-1][1]["filterValues"] == {"GENRE": '"Drama","Sci-Fi"', "YEAR": "1999"}


def test_value_without_a_name_is_refused_before_anything_is_asked(
    command: Command, service: FakeService
) -> None:
    result = command("recommend", "ann", "--context", "phone")
    assert result.code == 2 and "--context 'phone' is not NAME=VALUE" in result.err and not service.asked


def test_empty_list_says_so_and_is_no_error(command: Command, service: FakeService) -> None:
    service.answers["GetRecommendations"] = {"itemList": []}
    result = command("recommend", "ann")
    assert result.code == 0 and "The list is empty" in result.err


@pytest.mark.parametrize("arguments", [["similar", "i1"], ["rank", "ann", "i1", "i2"]])
def test_recipe_that_no_campaign_has_is_named(arguments: list[str], command: Command) -> None:
    result = command(*arguments)
    assert result.code == 2 and "No active campaign has a recipe of the type" in result.err


def test_search_shows_the_hits_in_their_order(command: Command, service: FakeService) -> None:
    hits = [{"_id": "i7", "_score": 2.0, "_source": {"TITLE": "Red shoes"}}]
    service.answers["search"] = {"hits": {"total": {"value": 41}, "hits": hits}}
    result = command("search", "red", "shoes", "--group", "shop")
    path, body = service.asked[-1]
    assert path == "/search/shop/_search" and body["query"]["multi_match"]["query"] == "red shoes"
    assert "41 hits" in result.out and "i7" in result.out
