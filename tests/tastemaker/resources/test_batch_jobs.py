from typing import Any

import pytest

from tastemaker.errors import InvalidInput, LimitExceeded, ResourceInUse
from tests.tastemaker.resources import shop
from tests.tastemaker.resources.fakes import world

PLACES = {
    "jobInput": {"s3DataSource": {"path": "s3://in/users.json"}},
    "jobOutput": {"s3DataDestination": {"path": "s3://out/"}},
    "roleArn": shop.ROLE,
}
SIMILAR = "arn:aws:personalize:::recipe/aws-similar-items"


@pytest.fixture
def here():
    return world(everything=True, quotas={"concurrentBatchInferenceJobs": 2})


@pytest.fixture
def group_arn(here):
    return shop.shop(here)[0]


def job(here, version, name="j", **more):
    return here.call(
        "CreateBatchInferenceJob", jobName=name, solutionVersionArn=version, **{**PLACES, **more}
    )


def test_a_job(here, group_arn):
    version = shop.trained(here, shop.solution(here, group_arn))
    arn = job(here, version)["batchInferenceJobArn"]
    described = here.call("DescribeBatchInferenceJob", batchInferenceJobArn=arn)["batchInferenceJob"]
    assert described["status"] == "CREATE PENDING" and described["numResults"] == 25
    assert described["batchInferenceJobMode"] == "BATCH_INFERENCE"
    assert here.work.last == ("batch", {"batchInferenceJobArn": arn})
    job(here, version, "k")
    with pytest.raises(LimitExceeded):
        job(here, version, "l")
    with pytest.raises(ResourceInUse):
        here.call("DeleteSolution", solutionArn=version.rpartition("/")[0])


def test_a_filter_is_held_while_a_job_runs(here, group_arn):
    version = shop.trained(here, shop.solution(here, group_arn))
    expression = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")'
    request = {"name": "f", "datasetGroupArn": group_arn, "filterExpression": expression}
    filter_arn = here.call("CreateFilter", **request)["filterArn"]
    arn = job(here, version, filterArn=filter_arn)["batchInferenceJobArn"]
    with pytest.raises(ResourceInUse, match=arn):
        here.call("DeleteFilter", filterArn=filter_arn)
    here.desk.change(here.desk.find("BatchInferenceJob", arn), status="ACTIVE")
    here.call("DeleteFilter", filterArn=filter_arn)


@pytest.mark.parametrize(
    ("change", "say"),
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
def test_what_is_refused(here, group_arn, change, say):
    with pytest.raises(InvalidInput, match=say):
        job(here, shop.trained(here, shop.solution(here, group_arn)), **change)


def test_a_filter_of_another_group(here, group_arn):
    other = shop.group(here, "books")
    shop.dataset(here, other, schema_arn=shop.schema(here, name="o"))
    expression = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")'
    request = {"name": "f", "datasetGroupArn": other, "filterExpression": expression}
    filter_arn = here.call("CreateFilter", **request)["filterArn"]
    with pytest.raises(InvalidInput, match="another dataset group"):
        job(here, shop.trained(here, shop.solution(here, group_arn)), filterArn=filter_arn)


def test_themes(here, group_arn):
    themes = {
        "batchInferenceJobMode": "THEME_GENERATION",
        "themeGenerationConfig": {"fieldsForThemeGeneration": {"itemName": "TITLE"}},
    }
    version = shop.trained(here, shop.solution(here, group_arn, recipeArn=SIMILAR))
    with pytest.raises(InvalidInput, match="column of the Items"):
        job(here, version, **themes)
    fields: list[dict[str, Any]] = [
        {"name": "TITLE", "type": "string"},
        {"name": "PLOT", "type": "string", "textual": True},
    ]
    schema_arn = here.call("CreateSchema", name="i", schema=shop.avro("Items", *fields))["schemaArn"]
    shop.dataset(here, group_arn, "Items", schema_arn)
    job(here, version, **themes)
    with pytest.raises(InvalidInput, match="not supported"):
        job(here, shop.trained(here, shop.solution(here, group_arn, "other")), "k", **themes)


def test_segments_need_a_recipe_of_their_kind(here, group_arn):
    version = shop.trained(here, shop.solution(here, group_arn))
    with pytest.raises(InvalidInput, match="USER_SEGMENTATION"):
        here.call("CreateBatchSegmentJob", jobName="s", solutionVersionArn=version, **PLACES)
