"""Five hundred random changes of a template: what CloudFormation believes is what exists.

Each episode is a stack that is created, changed many times and deleted. Some changes are refused, and in some
requests the function is killed, so that the stack rolls back.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from local.cloudformation.stacks import ResourceRequest
from tastemaker.declaration.drift import IN_SYNC, drift_of
from tastemaker.declaration.types import TYPES
from tests.local.cloudformation.world import World, ref, resource
from tests.standard_schemas import avro

CHANGES, EPISODES = 500, 10
RECIPES = ["aws-user-personalization-v2", "aws-popularity-count", "aws-sims"]
SETTINGS = (
    *("tracker", "filter", "items", "color", "recipe", "tps", "weekly", "campaign"),
    *("training", "report", "import", "second", "interactions", "wrong", "tags", "alias"),
)
SYNC = {"syncWithLatestSolutionVersion": True}
Template = dict[str, Any]


def recipe(number: int) -> str:
    return f"arn:aws:personalize:::recipe/{RECIPES[number % len(RECIPES)]}"


class Shop:
    """A random template: which resources there are, and their settings."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.settings: dict[str, int] = {}

    def change(self) -> None:
        """Change a few settings."""
        for _ in range(self.chance.randint(1, 3)):
            name = self.chance.choice(SETTINGS)
            self.settings[name] = self.chance.randint(0, 3)

    def template(self) -> Template:
        has = lambda name, default=0: self.settings.get(name, default)  # noqa: E731
        resources: Template = {
            "Schema": resource("Schema", schema=avro("Interactions")),
            "Group": resource("DatasetGroup", tags=[{"tagKey": "n", "tagValue": str(has("tags"))}]),
            "Events": resource(
                "Dataset", datasetType="Interactions", datasetGroupArn=ref("Group"), schemaArn=ref("Schema")
            ),
            "ForYou": resource(
                "Solution",
                datasetGroupArn=ref("Group"),
                recipeArn=recipe(has("recipe")),
                performAutoTraining=has("weekly") > 0,
                **(
                    {"solutionConfig": {"autoTrainingConfig": {"schedulingExpression": "rate(3 days)"}}}
                    if has("weekly") > 1
                    else {}
                ),
            ),
        }
        if has("interactions") == 3:  # a dataset of interactions cannot change its schema
            resources["Other"] = resource("Schema", schema=avro("Interactions", {"name": "X", "type": "int"}))
            resources["Events"]["Properties"]["SchemaArn"] = ref("Other")
        if has("items"):
            more = (
                [{"name": "COLOR", "type": ["null", "string"], "categorical": True}] if has("color") else []
            )
            resources["ItemSchema"] = resource("Schema", schema=avro("Items", *more))
            resources["Items"] = resource(
                "Dataset", datasetType="Items", datasetGroupArn=ref("Group"), schemaArn=ref("ItemSchema")
            )
        if has("tracker"):
            resources["Tracker"] = resource("EventTracker", datasetGroupArn=ref("Group"))
        if has("filter"):
            text = "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN "
            values = f'("v{has("filter")}")'
            resources["Seen"] = resource(
                "Filter", datasetGroupArn=ref("Group"), filterExpression=text + values, after=("Events",)
            )
        if has("import"):
            resources["Import"] = resource(
                "DatasetImportJob",
                datasetArn=ref("Events"),
                dataSource={"dataLocation": f"s3://data/{has('import')}/"},
            )
        if has("training", 1):
            resources["Version"] = resource(
                "SolutionVersion",
                solutionArn=ref("ForYou"),
                Trigger=str(has("training", 1)),
                after=("Events",),
            )
        for name, wanted in (("Home", has("campaign", 1)), ("Second", has("second"))):
            if wanted:
                resources[name] = resource(
                    "Campaign",
                    solutionVersionArn=ref("ForYou", "/$LATEST"),
                    campaignConfig=SYNC,
                    minProvisionedTPS=has("tps") + 1,
                )
        pointed_at = "Second" if has("alias") > 1 else "Home"
        if has("alias") and pointed_at in resources:
            resources["Entry"] = resource("Campaign", solutionVersionArn=ref(pointed_at))
        if has("report"):
            metric = {"eventType": "buy", "metricName": f"m{has('report')}", "expression": "SAMPLECOUNT()"}
            resources["Report"] = resource(
                "MetricAttribution",
                datasetGroupArn=ref("Group"),
                metrics=[metric],
                metricsOutputConfig={"roleArn": "arn:aws:iam::000000000000:role/r"},
                after=("Events",),
            )
        if has("wrong") == 3:
            resources["Wrong"] = resource(
                "Filter", datasetGroupArn=ref("Group"), filterExpression="EXCLUDE ItemID WHERE Nothing.X > 1"
            )
        return {"Resources": resources}


def check(world: World, episode: str) -> None:
    """What CloudFormation believes exists, and nothing else of the stack does; nothing has drifted."""
    believed, existing = world.believed(), world.existing()
    # A job or a training is released when it leaves the template, so it belongs to the stack no more.
    assert believed == existing, (episode, world.stack.status, world.stack.events[-12:])
    for arn in believed:
        drift = drift_of(world.here.control, arn)
        assert drift.status == IN_SYNC, (episode, drift)


@pytest.mark.parametrize("episode", range(EPISODES))
def test_what_cloudformation_believes_is_what_exists(episode: int) -> None:
    chance = random.Random(episode)
    world, shop, seen = World(), Shop(chance), set[str]()
    seen.add(world.create(shop.template()))
    check(world, f"{episode} creation")
    for number in range(CHANGES // EPISODES):
        before = dict(shop.settings)
        shop.change()
        killed = chance.random() < 0.2
        world.handler.fault = killer(world, chance) if killed else (lambda *_: False)
        status = world.update(shop.template())
        world.handler.fault = lambda *_: False
        if status != "UPDATE_COMPLETE":
            shop.settings = before
        seen.add(status)
        history = "\n".join(f"{one.logical_id} {one.status} {one.reason}" for one in world.stack.events[-20:])
        assert status in ("UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"), history
        check(world, f"{episode} change {number}: {status}, killed: {killed}")
    assert {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"} <= seen
    assert world.delete() == "DELETE_COMPLETE"
    assert world.existing() == {}
    left = {record.resource_type for record in world.here.repository.records.values()}
    assert left <= {name for name, declared in TYPES.items() if declared.kept}
    assert world.here.workflows.schedules == {}


def killer(world: World, chance: random.Random) -> Any:
    """A fault that kills the function once, at one of the next requests that create or change something.

    It does not happen in a rollback: CloudFormation would wait for a person then.
    """
    left = [chance.randint(0, 3)]

    def fault(kind: str, request: ResourceRequest, step: int) -> bool:
        if kind == "Delete" or left[0] < 0 or "ROLLBACK" in world.stack.status:
            return False
        left[0] -= 1
        return left[0] < 0

    return fault
