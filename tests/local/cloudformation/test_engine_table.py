"""The table "Which change replaces what" of docs/declare.md, compared with what a change really does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.local.cloudformation.test_engine import everything
from tests.local.cloudformation.world import World, ref, resource
from tests.standard_schemas import avro

PAGE = Path(__file__).parents[3] / "docs" / "declare.md"
IN_PLACE, REPLACED, REFUSED = "changes in place", "a change makes a new resource", "cannot change"
TAGS = [{"Key": "team", "Value": "shop"}]
OTHER_INPUT = {"S3DataSource": {"Path": "s3://data/other.json"}}
WIDER = {"name": "COLOR", "type": ["null", "string"], "categorical": True}
# (logical ID, property or part of one, new value of the property)
CHANGES: list[tuple[str, str, Any]] = [
    ("Spare", "Schema", avro("Interactions", {"name": "X", "type": "int"})),
    ("Group", "Tags", TAGS),
    ("Items", "SchemaArn", {"Ref": "WiderSchema"}),
    ("Items", "Tags", TAGS),
    ("Tracker", "Tags", TAGS),
    ("Tracker", "DatasetGroupArn", {"Ref": "Shop"}),
    ("Seen", "Tags", TAGS),
    ("Seen", "FilterExpression", 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("like")'),
    ("ForYou", "PerformAutoTraining", False),
    (
        "ForYou",
        "SolutionConfig.AutoTrainingConfig",
        {"AutoTrainingConfig": {"SchedulingExpression": "rate(3 days)"}},
    ),
    ("ForYou", "SolutionConfig", {"AlgorithmHyperParameters": {"apply_recency_bias": "false"}}),
    ("ForYou", "RecipeArn", "arn:aws:personalize:::recipe/aws-popularity-count"),
    ("ForYou", "EventType", "buy"),
    ("ForYou", "Tags", TAGS),
    ("Version", "Tags", TAGS),
    ("Version", "SolutionArn", {"Ref": "Segments"}),
    ("Home", "MinProvisionedTPS", 3),
    ("Home", "Tags", TAGS),
    (
        "Home",
        "CampaignConfig",
        {"SyncWithLatestSolutionVersion": True, "EnableMetadataWithRecommendations": True},
    ),
    ("Home", "Name", "other"),
    ("Entry", "SolutionVersionArn", {"Ref": "Second"}),
    ("Popular", "RecommenderConfig", {"MinRecommendationRequestsPerSecond": 2}),
    ("Popular", "RecipeArn", "arn:aws:personalize:::recipe/aws-ecomm-popular-items-by-views"),
    ("Report", "Metrics", [{"EventType": "like", "MetricName": "likes", "Expression": "SAMPLECOUNT()"}]),
    ("Import", "DataSource", {"DataLocation": "s3://data/second/"}),
    ("Import", "ImportMode", "INCREMENTAL"),
    ("Nightly", "NumResults", 5),
    ("Nightly", "JobInput", OTHER_INPUT),
    ("Weekly", "JobInput", OTHER_INPUT),
    ("Weekly", "Tags", TAGS),
]


def declared() -> dict[str, Any]:
    """A template with every declared type, and what changed references lead to."""
    return {
        **everything(),
        "Spare": resource("Schema", schema=avro()),
        "ItemSchema": resource("Schema", schema=avro("Items")),
        "WiderSchema": resource("Schema", schema=avro("Items", WIDER)),
        "Items": resource(
            "Dataset", datasetType="Items", datasetGroupArn=ref("Group"), schemaArn=ref("ItemSchema")
        ),
        "Second": resource(
            "Campaign",
            solutionVersionArn=ref("ForYou", "/$LATEST"),
            campaignConfig={"syncWithLatestSolutionVersion": True},
        ),
    }


def row_of(type_name: str) -> dict[str, str]:
    """The cells of a row by the title of their column."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith(("| type |", f"| `{type_name}` |"))
    ]
    return dict(zip(rows[0], rows[1], strict=True))


def documented(type_name: str, name: str) -> str:
    """What the table says of a property."""
    row = row_of(type_name)
    return next(
        column for column in (IN_PLACE, REPLACED, REFUSED) if re.search(rf"`{re.escape(name)}`", row[column])
    )


@pytest.mark.parametrize(("logical_id", "name", "value"), CHANGES)
def test_change_does_what_the_table_says(logical_id: str, name: str, value: Any) -> None:
    world, resources = World(), declared()
    assert world.create({"Resources": declared()}) == "CREATE_COMPLETE", world.stack.reason
    type_name = resources[logical_id]["Type"].removeprefix("Custom::Tastemaker")
    resources[logical_id]["Properties"][name.partition(".")[0]] = value
    before = world.stack.resources[logical_id].physical
    status = world.update({"Resources": resources})
    after = world.stack.resources[logical_id].physical
    assert before is not None and after is not None
    reasons = [event.reason for event in world.stack.events if event.status == "UPDATE_FAILED"]
    seen = REFUSED if status != "UPDATE_COMPLETE" else IN_PLACE if before.ref == after.ref else REPLACED
    assert seen == documented(type_name, name), reasons
