"""How late automatic trainings are."""

import pytest

from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.control.workflows.training_delays import training_delays
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world

DAY = 86_400
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:m:e"


@pytest.fixture
def here():
    return world()


def delays(here):
    return {delay.arn: delay.intervals for delay in training_delays(here.control)}


def test_delay_is_one_when_the_first_training_is_due(here):
    group_arn, _ = shop.shop(here)
    arn = shop.solution(here, group_arn, performAutoTraining=True)
    here.clock.now = here.control.records.find_any(arn).body["_firstTrainingAt"]
    assert delays(here) == {arn: pytest.approx(1.0, abs=0.001)}


def test_successful_training_starts_the_count_again(here):
    group_arn, _ = shop.shop(here)
    arn = shop.solution(here, group_arn, performAutoTraining=True)
    here.clock.now += 10 * DAY
    trained_at = here.clock.now
    shop.trained(here, arn)
    here.clock.now = trained_at + 14 * DAY
    assert delays(here)[arn] == pytest.approx(2.0, abs=0.01)


def test_failed_training_does_not(here):
    group_arn, _ = shop.shop(here)
    arn = shop.solution(here, group_arn, performAutoTraining=True)
    here.clock.now += 20 * DAY
    steps, request = WorkflowSteps(here.control), {"solutionArn": arn, "trainingType": "AUTOMATIC"}
    plan = steps.begin("train", request, EXECUTION)
    steps.fail("train", request, plan, {"Cause": "no memory"}, EXECUTION)
    assert delays(here)[arn] > 2


def test_scheduled_run_without_new_interactions_is_no_delay(here):
    group_arn, _ = shop.shop(here)
    arn = shop.solution(here, group_arn, performAutoTraining=True)
    here.clock.now += DAY
    shop.trained(here, arn)
    here.clock.now += 20 * DAY
    assert delays(here)[arn] > 2
    request = {"solutionArn": arn, "trainingType": "AUTOMATIC"}
    before = here.control.records.find_any(arn).body.get("lastUpdatedDateTime")
    assert WorkflowSteps(here.control).begin("train", request, EXECUTION) == {"skip": True}
    assert delays(here)[arn] == pytest.approx(0.0, abs=0.001)
    assert here.control.records.find_any(arn).body.get("lastUpdatedDateTime") == before


def test_solution_without_automatic_training_has_no_delay(here):
    group_arn, _ = shop.shop(here)
    shop.solution(here, group_arn, performAutoTraining=False)
    assert delays(here) == {}


def test_interval_is_that_of_the_schedule(here):
    group_arn, _ = shop.shop(here)
    config = {"autoTrainingConfig": {"schedulingExpression": "rate(2 days)"}}
    arn = shop.solution(here, group_arn, performAutoTraining=True, solutionConfig=config)
    here.clock.now = here.control.records.find_any(arn).body["_firstTrainingAt"] + 2 * DAY
    assert delays(here)[arn] == pytest.approx(2.0, abs=0.001)


def test_recommender_counts_while_it_is_active(here):
    group_arn = shop.group(here, domain="ECOMMERCE")
    shop.imported(here, shop.dataset(here, group_arn, schema_arn=shop.schema(here, domain="ECOMMERCE")))
    recipe = "arn:aws:personalize:::recipe/aws-ecomm-popular-items-by-views"
    arn = here.call("CreateRecommender", name="r", datasetGroupArn=group_arn, recipeArn=recipe)[
        "recommenderArn"
    ]
    assert delays(here) == {}
    shop.finish_training(here, arn, "recommenderArn")
    here.clock.now += 21 * DAY
    assert delays(here)[arn] == pytest.approx(3.0, abs=0.01)
    here.call("StopRecommender", recommenderArn=arn)
    assert delays(here) == {}
    here.call("StartRecommender", recommenderArn=arn)
    assert delays(here) == {arn: pytest.approx(0.0, abs=0.01)}
