"""Refreshes: their schedule, plan and lifecycle."""

import pytest

from tastemaker.control.workflows.steps import WorkflowSteps
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import World, world

TRENDING = "arn:aws:personalize:::recipe/aws-trending-now"
RANKING = "arn:aws:personalize:::recipe/aws-personalized-ranking-v2"
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:tastemaker-refresh:run-{}"


@pytest.fixture
def here() -> World:
    return world()


def campaign(here: World, **more) -> str:
    group_arn, _ = shop.shop(here)
    return shop.deployed(here, shop.trained(here, shop.solution(here, group_arn, **more)))


def serving(here: World, arn: str) -> dict:
    return here.call("DescribeCampaign", campaignArn=arn)["campaign"]["_serving"]


def begin(here: World, arn: str, run: int = 1) -> dict:
    plan = WorkflowSteps(here.control).begin("refresh", {"campaignArn": arn}, EXECUTION.format(run))
    if "target" in plan:
        here.lake.write(plan["target"].removeprefix("s3://lake/") + "state.json", "{}")
    return plan


def succeed(here: World, arn: str, plan: dict) -> None:
    WorkflowSteps(here.control).succeed("refresh", {"campaignArn": arn}, plan, {"items": 1})


def refreshes(here: World) -> list[dict]:
    return [one for one in here.workflows.schedules.values() if one["workflow"] == "refresh"]


@pytest.mark.parametrize(
    ("recipe", "frequency", "seconds"),
    [
        (shop.RECIPE, None, 7200.0),
        (TRENDING, None, 7200.0),
        (TRENDING, "30 minutes", 1800.0),
        (TRENDING, "1 hour", 3600.0),
        (TRENDING, "1 day", 7200.0),
    ],
)
def test_refreshes_are_scheduled_while_the_campaign_exists(here, recipe, frequency, seconds) -> None:
    parameters = {"trend_discovery_frequency": frequency} if frequency else {}
    arn = campaign(here, recipeArn=recipe, solutionConfig={"featureTransformationParameters": parameters})
    (schedule,) = refreshes(here)
    assert (schedule["every"], schedule["request"]) == (seconds, {"campaignArn": arn})
    here.call("DeleteCampaign", campaignArn=arn)
    assert refreshes(here) == []


def test_recipes_without_refreshes_have_no_schedule(here) -> None:
    arn = campaign(here, recipeArn=RANKING)
    assert refreshes(here) == [] and begin(here, arn)["skip"]


def test_campaign_fails_if_refreshes_cannot_be_scheduled(here) -> None:
    group_arn, _ = shop.shop(here)
    version = shop.trained(here, shop.solution(here, group_arn))
    here.workflows.refuse = "no more schedules"
    arn = shop.campaign(here, version)
    found = here.call("DescribeCampaign", campaignArn=arn)["campaign"]
    assert (found["status"], found["failureReason"]) == ("CREATE FAILED", "no more schedules")


def test_refresh_serves_after_it_succeeds(here) -> None:
    arn = campaign(here)
    before = here.call("DescribeCampaign", campaignArn=arn)["campaign"]
    plan = begin(here, arn)
    assert plan["previous"] is None and plan["bundle"] == before["_serving"]["bundle"]
    assert plan["warm"]["refresh"] == plan["target"] and "refresh" not in serving(here, arn)
    succeed(here, arn, plan)
    after = here.call("DescribeCampaign", campaignArn=arn)["campaign"]
    refreshed = after["_serving"]["refreshed"]
    assert refreshed >= before["lastUpdatedDateTime"]
    assert after["_serving"] == {
        **before["_serving"],
        "refresh": plan["target"],
        "refreshed": refreshed,
    }
    assert after["lastUpdatedDateTime"] == before["lastUpdatedDateTime"]


def test_repeated_steps_have_the_same_effect(here) -> None:
    arn = campaign(here)
    plan = begin(here, arn)
    assert begin(here, arn) == plan
    for _ in range(2):
        succeed(here, arn, plan)
    assert serving(here, arn)["refresh"] == plan["target"]


def test_plan_removes_old_and_failed_refreshes(here) -> None:
    arn = campaign(here)
    plans = []
    for run in range(3):
        plans.append(begin(here, arn, run))
        if run != 1:  # the second one fails on its way
            succeed(here, arn, plans[-1])
    targets = [plan["target"].removeprefix("s3://lake/") for plan in plans]
    assert plans[0]["prefixes"] == [] and plans[2]["prefixes"] == [targets[1]]
    assert begin(here, arn, 3)["prefixes"] == targets[:2]


def test_overtaken_refresh_is_not_served(here) -> None:
    arn = campaign(here)
    slow, quick = begin(here, arn, 1), begin(here, arn, 2)
    succeed(here, arn, quick)
    succeed(here, arn, slow)
    assert serving(here, arn)["refresh"] == quick["target"]


def test_new_version_starts_without_a_refresh(here) -> None:
    group_arn, _ = shop.shop(here)
    solution = shop.solution(here, group_arn)
    arn = shop.deployed(here, shop.trained(here, solution))
    plan = begin(here, arn)
    here.call("UpdateCampaign", campaignArn=arn, solutionVersionArn=shop.trained(here, solution))
    shop.finish_deployment(here, arn)
    succeed(here, arn, plan)
    assert "refresh" not in serving(here, arn)
    first = begin(here, arn, 2)
    assert (first["previous"], first["earlier"]) == (None, plan["target"])


def test_failed_refresh_changes_nothing(here) -> None:
    group_arn, _ = shop.shop(here)
    solution = shop.solution(here, group_arn)
    arn = shop.deployed(here, shop.trained(here, solution))
    here.call("UpdateCampaign", campaignArn=arn, solutionVersionArn=shop.trained(here, solution))
    before = here.call("DescribeCampaign", campaignArn=arn)
    error = {"Error": "Refused", "Cause": "the model could not be loaded"}
    steps, request = WorkflowSteps(here.control), {"campaignArn": arn}
    steps.fail("refresh", request, begin(here, arn), error, EXECUTION.format(1))
    steps.settle("refresh", request, error, EXECUTION.format(1))
    assert here.call("DescribeCampaign", campaignArn=arn) == before


def test_begin_skips_a_campaign_that_serves_nothing(here) -> None:
    group_arn, _ = shop.shop(here)
    arn = shop.campaign(here, shop.trained(here, shop.solution(here, group_arn)))
    assert begin(here, arn) == {"skip": True, "arn": arn}
