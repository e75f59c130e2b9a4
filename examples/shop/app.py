"""A shop with recommenders, from files in a bucket: `cdk deploy`, or `python -m examples.deploy shop`."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from tastemaker_cdk import Shop, Source


def app(outdir: str | None = None, context: Mapping[str, str] | None = None) -> cdk.App:
    """The app. The bucket exists, and has the files below `interactions/` and `items/`."""
    app = cdk.App(outdir=outdir, context=context, analytics_reporting=False)
    stack = cdk.Stack(app, "shop")
    data = s3.Bucket.from_bucket_name(stack, "Data", app.node.try_get_context("bucket") or "shop-data")
    shop = Shop(
        stack,
        "Shop",
        interactions=Source(data, "interactions/"),
        items=Source(data, "items/"),
        schedule="rate(1 day)",
        recommenders=["aws-ecomm-popular-items-by-views", "aws-ecomm-recommended-for-you"],
    )
    popular = shop.recommenders["aws-ecomm-popular-items-by-views"]
    popular.alarm_on_errors("Errors")
    cdk.CfnOutput(stack, "Recommender", value=popular.arn)
    cdk.CfnOutput(stack, "TrackingId", value=shop.tracker.tracking_id)
    return app


if __name__ == "__main__":
    app().synth()
