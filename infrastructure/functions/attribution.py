"""The `attribution` function: reports the metrics of metric attributions to CloudWatch and S3."""

from __future__ import annotations

from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.grants import allow_listing, allow_objects, use_caller_data
from infrastructure.permissions import allow
from infrastructure.stage import Stage
from tastemaker.contracts.lake_layout import PLANS_PATTERN, Area, patterns


def _limits(stage: Stage) -> Limits:
    return Limits(memory=stage.functions.attribution_memory, timeout=900, disk=1024)


def _connect(attribution: ServiceFunction, uses: Resources) -> None:
    catalog, lake = uses.tables.catalog, uses.lake
    namespace = uses.stage.attribution_namespace or f"{uses.stage.stack_name}/MetricAttribution"
    attribution.set(
        LAKE_BUCKET=lake.bucket.bucket_name,
        CATALOG_TABLE=catalog.table_name,
        ATTRIBUTION_NAMESPACE=namespace,
    )
    allow_objects(attribution.role, ["s3:GetObject"], lake, [PLANS_PATTERN])
    allow_objects(attribution.role, ["s3:GetObject"], lake, patterns(Area.DATASETS, Area.EVENTS))
    own = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    allow_objects(attribution.role, own, lake, patterns(Area.ATTRIBUTION))
    allow_listing(attribution.role, lake, patterns(Area.DATASETS, Area.EVENTS, Area.ATTRIBUTION))
    allow(attribution.role, ["dynamodb:BatchGetItem"], [catalog.table_arn])
    allow(
        attribution.role,
        ["cloudwatch:PutMetricData"],
        ["*"],
        when={"StringEquals": {"cloudwatch:namespace": namespace}},
        because="the action does not support resources; the condition restricts the namespace",
    )
    use_caller_data(attribution, uses, writes=True)


FUNCTION = FunctionDeclaration(
    name="attribution",
    description="metric attributions: reports metrics to CloudWatch and S3",
    limits=_limits,
    connect=_connect,
)
