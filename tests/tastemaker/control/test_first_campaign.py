"""The main flow, from a schema to a campaign that follows the newest version, through the operations."""

import json

from tastemaker.control.workflows.steps import WorkflowSteps
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world


def test_from_schema_to_campaign():
    here = world()
    group_arn, dataset_arn = shop.shop(here)
    assert dataset_arn == "arn:aws:personalize:eu-west-1:123456789012:dataset/films/INTERACTIONS"
    job = here.call("ListDatasetImportJobs", datasetArn=dataset_arn)["datasetImportJobs"][0]
    assert job["status"] == "ACTIVE" and job["importMode"] == "FULL"

    solution_arn = shop.solution(here, group_arn)
    version_arn = shop.version(here, solution_arn)
    assert here.workflows.last == ("train", {"solutionVersionArn": version_arn})
    plan = shop.finish_training(here, version_arn)
    described = here.call("DescribeSolutionVersion", solutionVersionArn=version_arn)["solutionVersion"]
    assert described["status"] == "ACTIVE" and described["trainingHours"] == 0.5
    assert here.call("GetSolutionMetrics", solutionVersionArn=version_arn)["metrics"] == shop.METRICS
    assert described["_bundle"] == f"{plan['outputPath']}{plan['jobName']}/output/model/"

    campaign_arn = shop.campaign(here, version_arn)
    assert here.call("DescribeCampaign", campaignArn=campaign_arn)["campaign"]["status"] == "CREATE PENDING"
    shop.finish_deployment(here, campaign_arn)
    served = here.call("DescribeCampaign", campaignArn=campaign_arn)["campaign"]
    assert served["status"] == "ACTIVE" and served["_serving"]["bundle"] == described["_bundle"]
    assert "latestCampaignUpdate" not in served


def test_what_training_is_told():
    here = world()
    group_arn, _ = shop.shop(here)
    config = {"algorithmHyperParameters": {"apply_recency_bias": "false"}}
    solution_arn = shop.solution(here, group_arn, solutionConfig=config, eventType="watch")
    version_arn = shop.version(here, solution_arn)
    here.lake.write("groups/films/events/2026/a.parquet", "events")
    plan = WorkflowSteps(here.control).begin("train", {"solutionVersionArn": version_arn}, "execution-1")

    told = json.loads(here.lake.read(plan["configKey"]))
    assert told["formatVersion"] == 1 and told["recipe"] == "aws-user-personalization-v2"
    assert told["hyperParameters"] == {"apply_recency_bias": "false"}
    assert told["eventType"] == "watch" and told["solutionConfig"] == config
    assert told["datasets"]["INTERACTIONS"]["prefixes"] == ["groups/films/datasets/INTERACTIONS/first/"]
    assert told["datasets"]["INTERACTIONS"]["schema"]["name"] == "Interactions"
    manifest = json.loads(here.lake.read(plan["manifestUri"].removeprefix("s3://lake/")))
    assert manifest == [
        {"prefix": "s3://lake/"},
        plan["configKey"],
        "groups/films/datasets/INTERACTIONS/first/part-00000.parquet",
        "groups/films/events/2026/a.parquet",
    ]
    assert plan["jobName"].startswith("tastemaker-") and len(plan["jobName"]) <= 63


def test_training_gets_what_was_put_one_at_a_time_as_it_is_now():
    here = world()
    group_arn, _ = shop.shop(here)
    items_arn = shop.dataset(here, group_arn, "Items")
    rows = {items_arn: [("alien", {"GENRE": "horror"}, 7.0)]}
    control = here.control.with_ports(upserts=lambda arn: rows.get(arn, []))
    version_arn = shop.version(here, shop.solution(here, group_arn))
    plan = WorkflowSteps(control).begin("train", {"solutionVersionArn": version_arn}, "execution-1")

    told = json.loads(here.lake.read(plan["configKey"]))["datasets"]
    assert "put" not in told["INTERACTIONS"]
    manifest = json.loads(here.lake.read(plan["manifestUri"].removeprefix("s3://lake/")))
    assert told["ITEMS"]["put"] in manifest
    assert json.loads(here.lake.read(told["ITEMS"]["put"])) == ["alien", {"GENRE": "horror"}, 7.0]
    assert len(told["INTERACTIONS"]["imported"]) == 1


def test_steps_that_run_twice_change_nothing_more():
    here = world()
    group_arn, dataset_arn = shop.shop(here)
    version_arn = shop.version(here, shop.solution(here, group_arn))
    steps, request = WorkflowSteps(here.control), {"solutionVersionArn": version_arn}
    assert steps.begin("train", request, "e") == steps.begin("train", request, "e")
    assert steps.begin("train", request, "another execution")["skip"]
    shop.imported(here, dataset_arn, "second", importMode="INCREMENTAL")
    record = here.control.records.find("Dataset", dataset_arn)
    assert [one["jobArn"].rsplit("/")[-1] for one in record.body["_imports"]] == ["first", "second"]
