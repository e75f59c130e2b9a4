import pytest

from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.errors import InvalidInput, ResourceInUse, ResourceNotFound
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world

GEN1 = "arn:aws:personalize:::recipe/aws-user-personalization"
SYNC = {"syncWithLatestSolutionVersion": True}


def described(here, arn):
    return here.call("DescribeCampaign", campaignArn=arn)["campaign"]


@pytest.fixture
def here():
    return world()


@pytest.fixture
def solution_arn(here):
    group_arn, _ = shop.shop(here)
    return shop.solution(here, group_arn)


def test_update_campaign_keeps_old_version_until_new_one_is_warm(here, solution_arn):
    old, new = shop.trained(here, solution_arn), shop.trained(here, solution_arn)
    arn = shop.deployed(here, old)
    here.call("UpdateCampaign", campaignArn=arn, solutionVersionArn=new, minProvisionedTPS=3)
    during = described(here, arn)
    assert during["status"] == "ACTIVE" and during["solutionVersionArn"] == old
    assert during["_serving"]["solutionVersionArn"] == old
    assert during["latestCampaignUpdate"]["status"] == "CREATE PENDING"
    with pytest.raises(ResourceInUse):
        here.call("UpdateCampaign", campaignArn=arn, minProvisionedTPS=4)
    with pytest.raises(ResourceInUse):
        here.call("DeleteCampaign", campaignArn=arn)

    steps, request = WorkflowSteps(here.control), {"campaignArn": arn}
    plan = steps.begin("deploy", request, "e2")
    assert plan["warm"] == {"campaignArn": arn, "solutionVersionArn": new}
    assert described(here, arn)["latestCampaignUpdate"]["status"] == "CREATE IN_PROGRESS"
    for _ in range(2):
        steps.succeed("deploy", request, plan, {})
    after = described(here, arn)
    assert after["solutionVersionArn"] == new and after["minProvisionedTPS"] == 3
    assert after["_serving"]["solutionVersionArn"] == new
    assert after["latestCampaignUpdate"]["status"] == "ACTIVE"


def test_failed_update_leaves_the_old_version_in_service(here, solution_arn):
    old, new = shop.trained(here, solution_arn), shop.trained(here, solution_arn)
    arn = shop.deployed(here, old)
    here.call("UpdateCampaign", campaignArn=arn, solutionVersionArn=new)
    steps, request = WorkflowSteps(here.control), {"campaignArn": arn}
    plan = steps.begin("deploy", request, "e2")
    steps.fail("deploy", request, plan, {"Cause": "too large"}, "e2")
    after = described(here, arn)
    assert after["status"] == "ACTIVE" and after["_serving"]["solutionVersionArn"] == old
    assert after["latestCampaignUpdate"]["status"] == "CREATE FAILED"
    assert after["latestCampaignUpdate"]["failureReason"] == "too large"
    here.call("UpdateCampaign", campaignArn=arn, solutionVersionArn=new)


def test_failed_campaign_can_be_updated(here, solution_arn):
    version = shop.trained(here, solution_arn)
    arn = shop.campaign(here, version)
    steps, request = WorkflowSteps(here.control), {"campaignArn": arn}
    steps.fail("deploy", request, steps.begin("deploy", request, "e1"), {"Cause": "no"}, "e1")
    assert described(here, arn)["status"] == "CREATE FAILED"
    here.call("UpdateCampaign", campaignArn=arn, minProvisionedTPS=2)
    shop.finish_deployment(here, arn)
    after = described(here, arn)
    assert after["status"] == "ACTIVE" and "failureReason" not in after


def test_synced_campaign_follows_the_latest_version(here, solution_arn):
    latest = f"{solution_arn}/$LATEST"
    with pytest.raises(ResourceInUse, match="no ACTIVE solution version"):
        shop.campaign(here, latest, campaignConfig=SYNC)
    first = shop.trained(here, solution_arn)
    arn = shop.deployed(here, latest, campaignConfig=SYNC)
    assert described(here, arn)["solutionVersionArn"] == first
    still = shop.deployed(here, first, "still")
    second = shop.trained(here, solution_arn)
    assert described(here, arn)["solutionVersionArn"] == second
    assert described(here, arn)["_serving"]["solutionVersionArn"] == second
    assert described(here, arn)["latestCampaignUpdate"]["status"] == "ACTIVE"
    assert described(here, still)["solutionVersionArn"] == first


def test_version_trained_during_deployment_is_served(here, solution_arn):
    shop.trained(here, solution_arn)
    arn = shop.campaign(here, f"{solution_arn}/$LATEST", campaignConfig=SYNC)
    second = shop.trained(here, solution_arn)
    shop.finish_deployment(here, arn)
    assert described(here, arn)["solutionVersionArn"] == second


@pytest.mark.parametrize(
    ("latest", "config", "message"),
    [
        (True, {}, "need each other"),
        (False, SYNC, "need each other"),
        (False, {"itemExplorationConfig": {"explorationWeight": "0.3"}}, "does not explore"),
        (False, {"rankingInfluence": {"POPULARITY": 0.5}}, "rankingInfluence"),
    ],
)
def test_campaign_config_must_suit_the_recipe(here, solution_arn, latest, config, message):
    version = shop.trained(here, solution_arn)
    target = f"{solution_arn}/$LATEST" if latest else version
    with pytest.raises(InvalidInput, match=message):
        shop.campaign(here, target, campaignConfig=config)


@pytest.mark.parametrize(
    ("exploration", "message"),
    [
        ({"explorationWeight": "1.5"}, "from 0 to 1"),
        ({"explorationWeight": "much"}, "number in a string"),
        ({"explorationItemAgeCutOff": "0.5"}, "at least 1 day"),
        ({"curiosity": "1"}, "has no curiosity"),
    ],
)
def test_item_exploration_config_is_validated(here, exploration, message):
    group_arn, _ = shop.shop(here)
    version = shop.trained(here, shop.solution(here, group_arn, recipeArn=GEN1))
    with pytest.raises(InvalidInput, match=message):
        shop.campaign(here, version, campaignConfig={"itemExplorationConfig": exploration})
    good = {"explorationWeight": "0.5", "explorationItemAgeCutOff": "10"}
    shop.campaign(here, version, campaignConfig={"itemExplorationConfig": good})


def test_create_campaign_needs_an_active_version(here, solution_arn):
    pending = shop.version(here, solution_arn)
    with pytest.raises(ResourceInUse, match="CREATE PENDING"):
        shop.campaign(here, pending)
    with pytest.raises(InvalidInput, match="not the ARN of a solution version"):
        shop.campaign(here, solution_arn)
    with pytest.raises(ResourceNotFound):
        shop.campaign(here, f"{solution_arn}/ffffffff")
    arn = shop.deployed(here, shop.trained(here, solution_arn))
    with pytest.raises(InvalidInput, match="Nothing to update"):
        here.call("UpdateCampaign", campaignArn=arn)
    group_arn = here.control.records.find("Solution", solution_arn).body["datasetGroupArn"]
    other = shop.trained(here, shop.solution(here, group_arn, "other"))
    with pytest.raises(InvalidInput, match="not a version of this campaign's solution"):
        here.call("UpdateCampaign", campaignArn=arn, solutionVersionArn=other)


def test_list_campaigns_by_solution(here, solution_arn):
    arn = shop.deployed(here, shop.trained(here, solution_arn))
    assert [
        one["campaignArn"] for one in here.call("ListCampaigns", solutionArn=solution_arn)["campaigns"]
    ] == [arn]
    other = solution_arn.replace("for-you", "nothing")
    assert here.call("ListCampaigns", solutionArn=other)["campaigns"] == []


def test_deploy_may_be_started_by_hand_for_an_active_campaign(here, solution_arn):
    version = shop.trained(here, solution_arn)
    arn = shop.deployed(here, version)
    steps, request = WorkflowSteps(here.control), {"campaignArn": arn}
    plan = steps.begin("deploy", request, "by hand")
    assert plan["warm"]["solutionVersionArn"] == version
    before = here.control.records.find("Campaign", arn)
    steps.succeed("deploy", request, plan, {})
    assert here.control.records.find("Campaign", arn) == before


def test_arn_of_a_solution_is_refused_with_the_form_of_the_right_one():
    here = world()
    group_arn, _ = shop.shop(here)
    solution_arn = shop.solution(here, group_arn)
    with pytest.raises(InvalidInput, match=r":solution/<name>/<id>\. CreateSolutionVersion returns it"):
        here.call("CreateCampaign", name="c", solutionVersionArn=solution_arn)


def awaiting(here, solution_arn, **more):
    return shop.campaign(here, f"{solution_arn}/$LATEST", campaignConfig=SYNC, awaitFirstVersion=True, **more)


def test_campaign_that_awaits_the_first_version_serves_it_when_it_is_trained(here, solution_arn):
    arn = awaiting(here, solution_arn)
    before = described(here, arn)
    assert before["status"] == "CREATE PENDING" and before["solutionVersionArn"].endswith("$LATEST")
    assert here.call("ListCampaigns", solutionArn=solution_arn)["campaigns"][0]["campaignArn"] == arn
    version = shop.trained(here, solution_arn)
    after = described(here, arn)
    assert after["status"] == "ACTIVE" and after["solutionVersionArn"] == version
    assert after["_serving"]["solutionVersionArn"] == version
    assert shop.trained(here, solution_arn) == described(here, arn)["solutionVersionArn"]


def test_campaign_that_awaits_a_version_outlives_a_failed_training(here, solution_arn):
    arn = awaiting(here, solution_arn)
    version = shop.version(here, solution_arn)
    steps, request = WorkflowSteps(here.control), {"solutionVersionArn": version}
    plan = steps.begin("train", request, "e")
    steps.fail("train", request, plan, {"Cause": "no data"}, "e")
    assert described(here, arn)["status"] == "CREATE PENDING"
    shop.trained(here, solution_arn)
    assert described(here, arn)["status"] == "ACTIVE"


def test_campaign_that_awaits_a_version_can_be_updated_and_deleted(here, solution_arn):
    arn = awaiting(here, solution_arn)
    here.call("UpdateCampaign", campaignArn=arn, minProvisionedTPS=4)
    assert described(here, arn)["minProvisionedTPS"] == 4
    with pytest.raises(InvalidInput, match="waits for the first version"):
        here.call("UpdateCampaign", campaignArn=arn, solutionVersionArn=f"{solution_arn}/12345678")
    with pytest.raises(ResourceInUse, match="is used by"):
        here.call("DeleteSolution", solutionArn=solution_arn)
    here.call("DeleteCampaign", campaignArn=arn)
    assert here.call("ListCampaigns", solutionArn=solution_arn)["campaigns"] == []
    assert here.workflows.schedules == {}


def test_campaign_that_awaits_a_version_uses_the_one_that_exists(here, solution_arn):
    version = shop.trained(here, solution_arn)
    arn = awaiting(here, solution_arn)
    assert described(here, arn)["solutionVersionArn"] == version
    shop.finish_deployment(here, arn)
    assert described(here, arn)["status"] == "ACTIVE"


def test_await_first_version_needs_the_latest_version(here, solution_arn):
    version = shop.trained(here, solution_arn)
    with pytest.raises(InvalidInput, match="awaitFirstVersion needs"):
        shop.campaign(here, version, awaitFirstVersion=True)
