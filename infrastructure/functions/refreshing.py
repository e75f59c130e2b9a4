"""The `refreshing` function: collects new items and counts for a model that is being served."""

from __future__ import annotations

from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.grants import allow_listing, allow_objects
from infrastructure.permissions import allow
from infrastructure.stage import Stage
from tastemaker.contracts.lake_layout import REFRESHES_PATTERN, Area, patterns


def _limits(stage: Stage) -> Limits:
    return Limits(memory=stage.functions.refreshing_memory, timeout=900, disk=1024)


def _connect(refreshing: ServiceFunction, uses: Resources) -> None:
    tables = uses.tables
    refreshing.set(
        LAKE_BUCKET=uses.lake.bucket.bucket_name,
        CATALOG_TABLE=tables.catalog.table_name,
        RECOMMENDATIONS_TABLE=tables.recommendations.table_name,
    )
    allow(refreshing.role, ["dynamodb:Query"], [tables.catalog.table_arn])
    allow(refreshing.role, ["dynamodb:BatchGetItem"], [tables.recommendations.table_arn])
    allow_objects(refreshing.role, ["s3:GetObject"], uses.lake, patterns(Area.MODELS, Area.EVENTS))
    allow_objects(refreshing.role, ["s3:PutObject"], uses.lake, [REFRESHES_PATTERN])
    allow_listing(refreshing.role, uses.lake, patterns(Area.MODELS, Area.EVENTS))


FUNCTION = FunctionDeclaration(
    name="refreshing",
    description="refreshes: new items and counts for a model that is being served",
    limits=_limits,
    connect=_connect,
)
