"""Campaigns that answer as another campaign does."""

from __future__ import annotations

from typing import Any

import pytest

from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.errors import Conflict, InvalidInput, ResourceInUse, ResourceNotFound
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import World, world

SYNC = {"syncWithLatestSolutionVersion": True}
RANKING = "arn:aws:personalize:::recipe/aws-personalized-ranking-v2"


@pytest.fixture
def here() -> World:
    return world()


@pytest.fixture
def group(here: World) -> str:
    return shop.shop(here)[0]


def served(here: World, group: str, name: str, **more: Any) -> str:
    """An ACTIVE campaign of a solution of its own."""
    return shop.deployed(here, shop.trained(here, shop.solution(here, group, name, **more)), name)


def alias(here: World, target: str, name: str = "home", **more: Any) -> str:
    created = here.call("CreateCampaign", name=name, solutionVersionArn=target, **more)
    return str(created["campaignArn"])


def described(here: World, arn: str) -> dict[str, Any]:
    body: dict[str, Any] = here.call("DescribeCampaign", campaignArn=arn)["campaign"]
    return body


def move(here: World, arn: str, target: str) -> None:
    here.call("UpdateCampaign", campaignArn=arn, solutionVersionArn=target)


def test_alias_shows_what_its_campaign_serves(here: World, group: str) -> None:
    blue = served(here, group, "blue")
    home = alias(here, blue, tags=[{"tagKey": "team", "tagValue": "shop"}])
    shown = described(here, home)
    assert shown["aliasOf"] == blue and shown["status"] == "ACTIVE" and shown["campaignArn"] == home
    assert shown["solutionVersionArn"] == described(here, blue)["solutionVersionArn"]
    assert shown["minProvisionedTPS"] == 1
    assert "aliasOf" not in described(here, blue)
    assert here.call("ListTagsForResource", resourceArn=home)["tags"]


def test_moved_alias_belongs_to_the_solution_of_its_new_campaign(here: World, group: str) -> None:
    blue, green = served(here, group, "blue"), served(here, group, "green")
    home = alias(here, blue)
    move(here, home, green)
    shown = described(here, home)
    assert shown["aliasOf"] == green and shown["latestCampaignUpdate"]["status"] == "ACTIVE"
    solution = described(here, green)["solutionVersionArn"].rpartition("/")[0]
    listed = here.call("ListCampaigns", solutionArn=solution)["campaigns"]
    assert {one["campaignArn"] for one in listed} == {green, home}
    here.call("DeleteCampaign", campaignArn=blue)
    move(here, home, green)


def test_alias_stays_until_the_new_campaign_is_active(here: World, group: str) -> None:
    blue, home = served(here, group, "blue"), None
    home = alias(here, blue)
    waiting = shop.solution(here, group, "green")
    green = here.call(
        "CreateCampaign",
        name="green",
        solutionVersionArn=f"{waiting}/$LATEST",
        campaignConfig=SYNC,
        awaitFirstVersion=True,
    )["campaignArn"]
    with pytest.raises(ResourceInUse, match="CREATE PENDING; wait until it is ACTIVE"):
        move(here, home, green)
    assert described(here, home)["aliasOf"] == blue
    shop.trained(here, waiting)
    move(here, home, green)
    assert described(here, home)["aliasOf"] == green


def test_alias_of_a_campaign_that_waits_for_its_first_version_shows_its_status(
    here: World, group: str
) -> None:
    waiting = shop.solution(here, group, "green")
    green = here.call(
        "CreateCampaign",
        name="green",
        solutionVersionArn=f"{waiting}/$LATEST",
        campaignConfig=SYNC,
        awaitFirstVersion=True,
    )["campaignArn"]
    home = alias(here, green)
    for status in ("CREATE PENDING", "ACTIVE"):
        assert described(here, home)["status"] == status
        listed = {one["campaignArn"]: one for one in here.call("ListCampaigns")["campaigns"]}
        assert listed[home]["status"] == status
        if status == "CREATE PENDING":
            shop.trained(here, waiting)


def test_alias_is_active_in_the_write_that_creates_it(here: World, group: str) -> None:
    home = alias(here, served(here, group, "blue"))
    changes = [(one.before, one.after) for one in here.changes if one.record.arn == home]
    assert changes == [(None, "ACTIVE")]


def test_alias_that_is_made_or_moved_during_a_deletion_keeps_its_campaign(here: World, group: str) -> None:
    blue, green = served(here, group, "blue"), served(here, group, "green")
    read = here.control.records.get(blue)
    home = alias(here, blue)
    assert read is not None
    with pytest.raises(Conflict):
        here.control.writer.remove(read)
    read = here.control.records.get(green)
    move(here, home, green)
    assert read is not None
    with pytest.raises(Conflict):
        here.control.writer.remove(read)


def test_deploy_workflow_refuses_an_alias_and_names_its_campaign(here: World, group: str) -> None:
    blue = served(here, group, "blue")
    home = alias(here, blue)
    with pytest.raises(InvalidInput, match=f"campaign that it points at: {blue}"):
        WorkflowSteps(here.control).begin("deploy", {"campaignArn": home}, "arn:execution")
    assert described(here, home)["status"] == "ACTIVE"


def test_campaign_that_an_alias_points_at_is_not_deleted(here: World, group: str) -> None:
    blue = served(here, group, "blue")
    home = alias(here, blue)
    with pytest.raises(ResourceInUse, match="campaign/home points at"):
        here.call("DeleteCampaign", campaignArn=blue)
    here.call("DeleteCampaign", campaignArn=home)
    here.call("DeleteCampaign", campaignArn=blue)
    with pytest.raises(ResourceNotFound):
        described(here, blue)


def test_alias_is_moved_and_nothing_else(here: World, group: str) -> None:
    blue = served(here, group, "blue")
    home = alias(here, blue)
    version = described(here, blue)["solutionVersionArn"]
    with pytest.raises(InvalidInput, match="only the campaign that it points at can change"):
        here.call("UpdateCampaign", campaignArn=home, minProvisionedTPS=5)
    with pytest.raises(InvalidInput, match="only the campaign that it points at can change"):
        move(here, home, version)
    with pytest.raises(InvalidInput, match="cannot become an alias"):
        move(here, blue, blue)
    with pytest.raises(InvalidInput, match="is itself an alias"):
        alias(here, home, "second")
    with pytest.raises(InvalidInput, match="An alias has no minProvisionedTPS"):
        alias(here, blue, "second", minProvisionedTPS=5)
    with pytest.raises(ResourceNotFound):
        alias(here, f"{blue}-gone", "second")


def test_alias_does_not_move_to_a_campaign_that_answers_another_operation(here: World, group: str) -> None:
    blue, ranking = served(here, group, "blue"), served(here, group, "ranking", recipeArn=RANKING)
    with pytest.raises(
        InvalidInput, match=r"answers GetPersonalizedRanking, and clients of .* call GetRecomm"
    ):
        move(here, alias(here, blue), ranking)


def test_training_of_its_campaign_changes_no_alias(here: World, group: str) -> None:
    solution = shop.solution(here, group, "blue")
    shop.trained(here, solution)
    blue = here.call(
        "CreateCampaign", name="blue", solutionVersionArn=f"{solution}/$LATEST", campaignConfig=SYNC
    )["campaignArn"]
    shop.finish_deployment(here, blue)
    home = alias(here, blue)
    newest = shop.trained(here, solution)
    assert described(here, home)["solutionVersionArn"] == newest
    assert "_serving" not in described(here, home)
