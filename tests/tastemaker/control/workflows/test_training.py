"""The input of a training job."""

import json

from tastemaker.control.workflows.steps import WorkflowSteps
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world


def test_plan_writes_the_config_and_the_manifest():
    here = world()
    group_arn, _ = shop.shop(here)
    config = {"algorithmHyperParameters": {"apply_recency_bias": "false"}}
    solution_arn = shop.solution(here, group_arn, solutionConfig=config, eventType="watch")
    version_arn = shop.version(here, solution_arn)
    here.lake.write("groups/films.00000002/events/2026/a.parquet", "events")
    plan = WorkflowSteps(here.control).begin("train", {"solutionVersionArn": version_arn}, "execution-1")

    config_file = json.loads(here.lake.read(plan["configKey"]))
    assert config_file["formatVersion"] == 1 and config_file["recipe"] == "aws-user-personalization-v2"
    assert config_file["hyperParameters"] == {"apply_recency_bias": "false"}
    assert config_file["eventType"] == "watch" and config_file["solutionConfig"] == config
    assert config_file["datasets"]["INTERACTIONS"]["prefixes"] == [
        "groups/films.00000001/datasets/INTERACTIONS.00000002/first/"
    ]
    assert config_file["datasets"]["INTERACTIONS"]["schema"]["name"] == "Interactions"
    manifest = json.loads(here.lake.read(plan["manifestUri"].removeprefix("s3://lake/")))
    assert manifest == [
        {"prefix": "s3://lake/"},
        plan["configKey"],
        "groups/films.00000001/datasets/INTERACTIONS.00000002/first/part-00000.parquet",
        "groups/films.00000002/events/2026/a.parquet",
    ]
    assert plan["jobName"].startswith("tastemaker-") and len(plan["jobName"]) <= 63


def test_plan_writes_upserts_as_they_are_now():
    here = world()
    group_arn, _ = shop.shop(here)
    shop.dataset(here, group_arn, "Items")
    rows = {shop.storage(here, group_arn, "ITEMS").catalog: [("alien", {"GENRE": "horror"}, 7.0)]}
    control = here.control.with_ports(upserts=lambda catalog: rows.get(catalog, []))
    version_arn = shop.version(here, shop.solution(here, group_arn))
    plan = WorkflowSteps(control).begin("train", {"solutionVersionArn": version_arn}, "execution-1")

    config_file = json.loads(here.lake.read(plan["configKey"]))["datasets"]
    assert "put" not in config_file["INTERACTIONS"]
    manifest = json.loads(here.lake.read(plan["manifestUri"].removeprefix("s3://lake/")))
    assert config_file["ITEMS"]["put"] in manifest
    assert json.loads(here.lake.read(config_file["ITEMS"]["put"])) == ["alien", {"GENRE": "horror"}, 7.0]
    assert len(config_file["INTERACTIONS"]["imported"]) == 1
