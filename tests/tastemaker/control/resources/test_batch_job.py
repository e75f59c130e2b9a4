from typing import Any

import pytest

from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.errors import InvalidInput, LimitExceeded, ResourceInUse
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world

LOCATIONS = {
    "jobInput": {"s3DataSource": {"path": "s3://in/users.json"}},
    "jobOutput": {"s3DataDestination": {"path": "s3://out/"}},
    "roleArn": shop.ROLE,
}
SIMILAR = "arn:aws:personalize:::recipe/aws-similar-items"


@pytest.fixture
def here():
    return world(quotas={"concurrentBatchInferenceJobs": 2})


@pytest.fixture
def group_arn(here):
    return shop.shop(here)[0]


def job(here, version, name="j", **more):
    return here.call(
        "CreateBatchInferenceJob", jobName=name, solutionVersionArn=version, **{**LOCATIONS, **more}
    )


def test_create_batch_inference_job_checks_the_quota_and_blocks_deletion_of_the_solution(here, group_arn):
    version = shop.trained(here, shop.solution(here, group_arn))
    arn = job(here, version)["batchInferenceJobArn"]
    described = here.call("DescribeBatchInferenceJob", batchInferenceJobArn=arn)["batchInferenceJob"]
    assert described["status"] == "CREATE PENDING" and described["numResults"] == 25
    assert described["batchInferenceJobMode"] == "BATCH_INFERENCE"
    assert here.workflows.last == ("batch", {"batchInferenceJobArn": arn})
    job(here, version, "k")
    with pytest.raises(LimitExceeded):
        job(here, version, "l")
    with pytest.raises(ResourceInUse):
        here.call("DeleteSolution", solutionArn=version.rpartition("/")[0])


def test_delete_filter_is_refused_while_a_job_runs(here, group_arn):
    version = shop.trained(here, shop.solution(here, group_arn))
    expression = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")'
    request = {"name": "f", "datasetGroupArn": group_arn, "filterExpression": expression}
    filter_arn = here.call("CreateFilter", **request)["filterArn"]
    arn = job(here, version, filterArn=filter_arn)["batchInferenceJobArn"]
    with pytest.raises(ResourceInUse, match=arn):
        here.call("DeleteFilter", filterArn=filter_arn)
    here.control.writer.change(here.control.records.find("BatchInferenceJob", arn), status="ACTIVE")
    here.call("DeleteFilter", filterArn=filter_arn)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"jobOutput": {"s3DataDestination": {"path": "s3://in/users.json"}}}, "different locations"),
        ({"jobInput": {"s3DataSource": {"path": "https://in/users.json"}}}, "s3://"),
        ({"numResults": 501}, "numResults"),
        ({"numResults": 0}, "numResults"),
        ({"batchInferenceJobMode": "THEME_GENERATION"}, "need each other"),
        ({"batchInferenceJobConfig": {"rankingInfluence": {"POPULARITY": 1}}}, "rankingInfluence"),
        ({"batchInferenceJobConfig": {"itemExplorationConfig": {"explorationWeight": "1"}}}, "explore"),
    ],
)
def test_create_batch_inference_job_refuses_invalid_requests(here, group_arn, change, message):
    with pytest.raises(InvalidInput, match=message):
        job(here, shop.trained(here, shop.solution(here, group_arn)), **change)


def test_create_batch_inference_job_refuses_a_filter_of_another_group(here, group_arn):
    other = shop.group(here, "books")
    shop.dataset(here, other, schema_arn=shop.schema(here, name="o"))
    expression = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")'
    request = {"name": "f", "datasetGroupArn": other, "filterExpression": expression}
    filter_arn = here.call("CreateFilter", **request)["filterArn"]
    with pytest.raises(InvalidInput, match="another dataset group"):
        job(here, shop.trained(here, shop.solution(here, group_arn)), filterArn=filter_arn)


def test_theme_generation_is_validated_and_its_plan_names_the_columns(here, group_arn):
    themes = {
        "batchInferenceJobMode": "THEME_GENERATION",
        "themeGenerationConfig": {"fieldsForThemeGeneration": {"itemName": "TITLE"}},
    }
    version = shop.trained(here, shop.solution(here, group_arn, recipeArn=SIMILAR))
    with pytest.raises(InvalidInput, match="column of the Items"):
        job(here, version, **themes)
    fields: list[dict[str, Any]] = [
        {"name": "YEAR", "type": "int"},
        {"name": "TITLE", "type": "string"},
        {"name": "PLOT", "type": "string", "textual": True},
    ]
    schema_arn = here.call("CreateSchema", name="i", schema=shop.avro("Items", *fields))["schemaArn"]
    shop.dataset(here, group_arn, "Items", schema_arn)
    arn = job(here, version, **themes)["batchInferenceJobArn"]
    described = here.call("DescribeBatchInferenceJob", batchInferenceJobArn=arn)["batchInferenceJob"]
    assert {name: described[name] for name in themes} == themes
    assert begin(here, arn)[2]["themes"] == {"itemName": "TITLE", "texts": ["PLOT"]}
    with pytest.raises(InvalidInput, match="type int"):
        years = {"fieldsForThemeGeneration": {"itemName": "YEAR"}}
        job(here, version, "y", **{**themes, "themeGenerationConfig": years})
    with pytest.raises(InvalidInput, match="not supported"):
        job(here, shop.trained(here, shop.solution(here, group_arn, "other")), "k", **themes)


def test_job_with_messages_is_described_with_them_and_its_plan_has_them(here, group_arn):
    version = shop.trained(here, shop.solution(here, group_arn))
    config = {"messageType": "PUSH", "language": "de"}
    arn = job(here, version, messageConfig=config)["batchInferenceJobArn"]
    described = here.call("DescribeBatchInferenceJob", batchInferenceJobArn=arn)["batchInferenceJob"]
    assert described["messageConfig"] == config and begin(here, arn)[2]["messages"] == config
    ranking = "arn:aws:personalize:::recipe/aws-personalized-ranking-v2"
    other = shop.trained(here, shop.solution(here, group_arn, "ranking", recipeArn=ranking))
    with pytest.raises(InvalidInput, match="about recommended items"):
        job(here, other, "k", messageConfig=config)
    for member in ("unsubscribedPath", "sentPath"):
        with pytest.raises(InvalidInput, match=rf"messageConfig\.delivery\.{member} is 'shop/sent'"):
            job(here, version, "l", messageConfig={**config, "delivery": {member: "shop/sent"}})


def test_create_batch_segment_job_needs_a_segmentation_recipe(here, group_arn):
    version = shop.trained(here, shop.solution(here, group_arn))
    with pytest.raises(InvalidInput, match="USER_SEGMENTATION"):
        here.call("CreateBatchSegmentJob", jobName="s", solutionVersionArn=version, **LOCATIONS)


def test_create_batch_job_refuses_a_filter_of_the_wrong_type(here, group_arn):
    shop.dataset(here, group_arn, "Users")
    expression = "INCLUDE UserID WHERE Users.AGE > 3"
    request = {"name": "f", "datasetGroupArn": group_arn, "filterExpression": expression}
    filter_arn = here.call("CreateFilter", **request)["filterArn"]
    with pytest.raises(InvalidInput, match="ItemID"):
        job(here, shop.trained(here, shop.solution(here, group_arn)), filterArn=filter_arn)


def begin(here, arn):
    steps, request = WorkflowSteps(here.control), {"batchInferenceJobArn": arn}
    return steps, request, steps.begin("batch", request, "execution")


def test_batch_job_goes_from_pending_to_active(here, group_arn):
    version = shop.trained(here, shop.solution(here, group_arn))
    arn = job(here, version, numResults=7)["batchInferenceJobArn"]
    steps, request, plan = begin(here, arn)
    assert here.control.records.find_any(arn).status == "CREATE IN_PROGRESS"
    assert steps.begin("batch", request, "execution") == plan
    assert (plan["input"], plan["output"], plan["numResults"]) == ("s3://in/users.json", "s3://out/", 7)
    assert plan["bundle"].startswith("s3://lake/groups/films.00000001/models/for-you/")
    assert plan["prefixes"] == [plan["folder"]] and plan["folder"].startswith(
        "groups/films.00000001/batch/j-"
    )
    for _ in range(2):
        steps.succeed("batch", request, plan, {})
    assert here.control.records.find_any(arn).status == "ACTIVE"
    with pytest.raises(ResourceInUse, match="once"):
        steps.begin("batch", request, "another")


def test_failed_batch_job_stores_the_reason_of_its_shard(here, group_arn):
    arn = job(here, shop.trained(here, shop.solution(here, group_arn)))["batchInferenceJobArn"]
    steps, request, plan = begin(here, arn)
    here.lake.write(f"{plan['folder']}failure.txt", "the disk is full")
    steps.fail("batch", request, plan, {"Cause": "a threshold was exceeded"}, "execution")
    body = here.control.records.find_any(arn).body
    assert (body["status"], body["failureReason"]) == ("CREATE FAILED", "the disk is full")


def test_stopped_batch_job_can_be_started_again(here, group_arn):
    arn = job(here, shop.trained(here, shop.solution(here, group_arn)))["batchInferenceJobArn"]
    steps, request, plan = begin(here, arn)
    assert steps.begin("batch", request, "second") == plan
    steps.settle("batch", request, {"Cause": "Stopped by a person."}, "execution")
    assert here.control.records.find_any(arn).status == "CREATE IN_PROGRESS"
    steps.succeed("batch", request, plan, {})
    assert here.control.records.find_any(arn).status == "ACTIVE"
