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


def test_plan_writes_upserts_as_they_are_now():
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
