import pytest

from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.errors import InvalidInput, NotServedYet, ResourceInUse
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world

VIEWS = "arn:aws:personalize:::recipe/aws-ecomm-popular-items-by-views"
FOR_YOU = "arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you"


@pytest.fixture
def here():
    return world()


@pytest.fixture
def group_arn(here):
    arn = shop.group(here, domain="ECOMMERCE")
    shop.imported(here, shop.dataset(here, arn, schema_arn=shop.schema(here, domain="ECOMMERCE")))
    return arn


def recommender(here, group_arn, recipe=VIEWS, **more):
    created = here.call("CreateRecommender", name="r", datasetGroupArn=group_arn, recipeArn=recipe, **more)
    return created["recommenderArn"]


def described(here, arn):
    return here.call("DescribeRecommender", recommenderArn=arn)["recommender"]


def test_recommender_serves_after_its_training(here, group_arn):
    arn = recommender(here, group_arn)
    assert here.workflows.last == ("train", {"recommenderArn": arn})
    (schedule,) = here.workflows.schedules.values()
    assert schedule["every"] == 7 * 86_400
    plan = shop.finish_training(here, arn, "recommenderArn")
    after = described(here, arn)
    assert after["status"] == "ACTIVE" and after["modelMetrics"] == shop.METRICS
    assert after["recommenderConfig"]["minRecommendationRequestsPerSecond"] == 1
    assert after["_serving"]["bundle"].startswith(plan["outputPath"])
    assert after["_serving"]["recipeArn"] == VIEWS


def test_recommender_stops_and_starts(here, group_arn):
    arn = recommender(here, group_arn)
    with pytest.raises(ResourceInUse):
        here.call("StopRecommender", recommenderArn=arn)
    shop.finish_training(here, arn, "recommenderArn")
    with pytest.raises(ResourceInUse):
        here.call("StartRecommender", recommenderArn=arn)
    here.call("StopRecommender", recommenderArn=arn)
    assert described(here, arn)["status"] == "INACTIVE" and here.workflows.schedules == {}
    here.call("StartRecommender", recommenderArn=arn)
    assert described(here, arn)["status"] == "ACTIVE" and len(here.workflows.schedules) == 1


def test_update_of_training_columns_retrains_and_serves_the_old_model_meanwhile(here, group_arn):
    arn = recommender(here, group_arn)
    old = shop.finish_training(here, arn, "recommenderArn")
    config = {"trainingDataConfig": {"excludedDatasetColumns": {"INTERACTIONS": ["EVENT_VALUE"]}}}
    here.call("UpdateRecommender", recommenderArn=arn, recommenderConfig=config)
    during = described(here, arn)
    assert during["status"] == "ACTIVE" and "trainingDataConfig" not in during["recommenderConfig"]
    assert during["latestRecommenderUpdate"]["status"] == "CREATE PENDING"
    steps, request = WorkflowSteps(here.control), {"recommenderArn": arn}
    steps.fail("train", request, steps.begin("train", request, "e2"), {"Cause": "no"}, "e2")
    failed = described(here, arn)
    assert failed["latestRecommenderUpdate"]["failureReason"] == "no"
    assert failed["_serving"]["bundle"].startswith(old["outputPath"])
    here.call("UpdateRecommender", recommenderArn=arn, recommenderConfig=config)
    new = shop.finish_training(here, arn, "recommenderArn")
    after = described(here, arn)
    assert after["recommenderConfig"]["trainingDataConfig"] == config["trainingDataConfig"]
    assert after["latestRecommenderUpdate"]["status"] == "ACTIVE"
    assert (
        after["_serving"]["bundle"].startswith(new["outputPath"]) and new["outputPath"] != old["outputPath"]
    )


def test_update_of_other_settings_is_in_force_at_once(here, group_arn):
    arn = recommender(here, group_arn)
    shop.finish_training(here, arn, "recommenderArn")
    here.call(
        "UpdateRecommender", recommenderArn=arn, recommenderConfig={"minRecommendationRequestsPerSecond": 5}
    )
    after = described(here, arn)
    assert after["recommenderConfig"]["minRecommendationRequestsPerSecond"] == 5
    assert after["latestRecommenderUpdate"]["status"] == "ACTIVE"


def test_scheduled_retraining_needs_new_interactions(here, group_arn):
    arn = recommender(here, group_arn)
    shop.finish_training(here, arn, "recommenderArn")
    steps, request = WorkflowSteps(here.control), {"recommenderArn": arn, "trainingType": "AUTOMATIC"}
    assert steps.begin("train", request, "s1")["skip"]
    here.lake.write("groups/films.00000002/events/new.parquet", "", here.clock.now + 1)
    plan = steps.begin("train", request, "s2")
    assert steps.begin("train", request, "s2") == plan
    steps.fail("train", request, plan, {"Cause": "spot"}, "s2")
    assert described(here, arn)["status"] == "ACTIVE"


def test_create_recommender_refuses_invalid_requests(here, group_arn):
    with pytest.raises(InvalidInput, match="no use case"):
        recommender(here, group_arn, shop.RECIPE)
    with pytest.raises(InvalidInput, match="VIDEO_ON_DEMAND"):
        recommender(here, group_arn, "arn:aws:personalize:::recipe/aws-vod-most-popular")
    with pytest.raises(InvalidInput, match="none"):
        recommender(here, shop.group(here, "custom"))
    with pytest.raises(InvalidInput, match="does not explore"):
        recommender(here, group_arn, recommenderConfig={"itemExplorationConfig": {"explorationWeight": "1"}})
    recommender(
        here, group_arn, FOR_YOU, recommenderConfig={"itemExplorationConfig": {"explorationWeight": "1"}}
    )


def test_delete_recommender_removes_schedules_and_data(here, group_arn):
    arn = recommender(here, group_arn)
    shop.finish_training(here, arn, "recommenderArn")
    for dataset in here.call("ListDatasets", datasetGroupArn=group_arn)["datasets"]:
        here.call("DeleteDataset", datasetArn=dataset["datasetArn"])
        shop.finish_deletion(here, dataset["datasetArn"])
    with pytest.raises(ResourceInUse, match=arn):
        here.call("DeleteDatasetGroup", datasetGroupArn=group_arn)
    here.call("DeleteRecommender", recommenderArn=arn)
    assert here.workflows.schedules == {}
    plan = shop.finish_deletion(here, arn)
    assert plan["prefixes"] == [
        "groups/films.00000001/training/recommender-r/",
        "groups/films.00000001/models/recommender-r/",
    ]


def test_use_case_without_a_model_is_refused():
    here = world(untrainable="aws-ecomm-popular-items-by-views")
    arn = shop.group(here, domain="ECOMMERCE")
    with pytest.raises(NotServedYet, match="aws-ecomm-popular-items-by-views"):
        recommender(here, arn)


def test_failed_recommender_is_restarted_by_a_person_and_not_by_the_schedule(here, group_arn):
    arn = recommender(here, group_arn)
    steps, request = WorkflowSteps(here.control), {"recommenderArn": arn}
    plan = steps.begin("train", request, "e1")
    steps.fail("train", request, plan, {"Cause": "spot"}, "e1")
    assert steps.begin("train", {**request, "trainingType": "AUTOMATIC"}, "s1")["skip"]
    again = steps.begin("train", request, "e2")
    assert again["jobName"] != plan["jobName"]
    assert (described(here, arn)["status"], "failureReason" in described(here, arn)) == (
        "CREATE IN_PROGRESS",
        False,
    )
