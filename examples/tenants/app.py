"""Two tenants with the same declaration side by side, each with a dataset group of its own."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from tastemaker_cdk import Campaign, Dataset, DatasetGroup, Import, Schema, Solution, Source, Training
from tastemaker_cdk.avro import avro

TENANTS = ("north", "south")
EVENTS = avro(
    "Interactions",
    [
        *({"name": name, "type": "string"} for name in ("USER_ID", "ITEM_ID", "EVENT_TYPE")),
        {"name": "TIMESTAMP", "type": "long"},
    ],
)


class Tenant(Construct):
    """The recommendations of one tenant."""

    def __init__(self, scope: Construct, id: str, *, schema: Schema, source: Source) -> None:
        super().__init__(scope, id)
        group = DatasetGroup(self, "Group", tags={"tenant": id})
        dataset = Dataset(self, "Interactions", group=group, schema=schema, type="Interactions")
        data = Import(self, "Import", dataset=dataset, source=source)
        solution = Solution(self, "Popular", group=group, recipe="aws-popularity-count", after=[dataset])
        Training(self, "FirstTraining", solution=solution, after=[data])
        self.campaign = Campaign(self, "Home", solution=solution, tags={"tenant": id})


def app(outdir: str | None = None, context: Mapping[str, str] | None = None) -> cdk.App:
    """The app. The bucket exists, and has the files of all tenants."""
    app = cdk.App(outdir=outdir, context=context, analytics_reporting=False)
    stack = cdk.Stack(app, "tenants")
    data = s3.Bucket.from_bucket_name(stack, "Data", app.node.try_get_context("bucket") or "shop-data")
    schema = Schema(stack, "Schema", avro=EVENTS)
    for name in TENANTS:
        tenant = Tenant(stack, name.title(), schema=schema, source=Source(data, "interactions/"))
        cdk.CfnOutput(stack, f"{name.title()}Campaign", value=tenant.campaign.arn)
    return app


if __name__ == "__main__":
    app().synth()
