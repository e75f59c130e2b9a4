"""A service for videos: schemas from a dataclass, a filter, and a campaign that follows every training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from tastemaker_cdk import (
    Campaign,
    Dataset,
    DatasetGroup,
    EventTracker,
    Filter,
    Import,
    Schema,
    Solution,
    Source,
    Training,
)


@dataclass
class Interaction:
    """A row of the files of interactions."""

    user_id: str
    item_id: str
    event_type: str
    timestamp: int


@dataclass
class Film:
    """A row of the files of films."""

    item_id: str
    price: float
    category_l1: str | None = field(metadata={"categorical": True})


def app(outdir: str | None = None, context: Mapping[str, str] | None = None) -> cdk.App:
    """The app. The bucket exists, and has the files below `interactions/` and `items/`."""
    app = cdk.App(outdir=outdir, context=context, analytics_reporting=False)
    stack = cdk.Stack(app, "video")
    data = s3.Bucket.from_bucket_name(stack, "Data", app.node.try_get_context("bucket") or "shop-data")
    group = DatasetGroup(stack, "Group")
    datasets, imports = [], []
    for name, columns, prefix in (("Interactions", Interaction, "interactions/"), ("Items", Film, "items/")):
        schema = Schema.from_dataclass(stack, f"{name}Schema", columns, dataset=name)
        dataset = Dataset(stack, name, group=group, schema=schema, type=name)
        datasets.append(dataset)
        imports.append(Import(stack, f"{name}Import", dataset=dataset, source=Source(data, prefix)))
    EventTracker(stack, "Tracker", group=group, after=datasets)
    Filter(
        stack,
        "Unseen",
        group=group,
        expression='EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Purchase")',
        after=datasets,
    )
    solution = Solution(stack, "Popular", group=group, recipe="aws-popularity-count", after=datasets)
    Training(stack, "FirstTraining", solution=solution, after=imports)
    campaign = Campaign(stack, "Home", solution=solution)
    cdk.CfnOutput(stack, "Campaign", value=campaign.arn)
    return app


if __name__ == "__main__":
    app().synth()
