"""The `batch` function: answers the lines of batch inference and batch segment jobs."""

from __future__ import annotations

from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.grants import allow_listing, allow_objects, use_caller_data, use_text_model
from infrastructure.permissions import allow
from infrastructure.stage import Stage
from tastemaker.contracts.lake_layout import Area, patterns


def _limits(stage: Stage) -> Limits:
    functions = stage.functions
    return Limits(
        memory=functions.batch_memory,
        timeout=900,
        disk=functions.batch_disk,
        reserved=functions.batch_reserved,
    )


def _connect(batch: ServiceFunction, uses: Resources) -> None:
    tables = uses.tables
    batch.set(
        RESOURCES_TABLE=tables.resources.table_name,
        PROFILES_TABLE=tables.profiles.table_name,
        CATALOG_TABLE=tables.catalog.table_name,
        RECOMMENDATIONS_TABLE=tables.recommendations.table_name,
        LAKE_BUCKET=uses.lake.bucket.bucket_name,
    )
    allow(batch.role, ["dynamodb:GetItem"], [tables.resources.table_arn])
    allow(batch.role, ["dynamodb:GetItem", "dynamodb:Query"], [tables.catalog.table_arn])
    allow(batch.role, ["dynamodb:Query"], [tables.profiles.table_arn])
    allow(batch.role, ["dynamodb:BatchWriteItem"], [tables.recommendations.table_arn])
    allow_objects(batch.role, ["s3:GetObject"], uses.lake, patterns(Area.MODELS))
    allow_objects(batch.role, ["s3:GetObject", "s3:PutObject"], uses.lake, patterns(Area.BATCH))
    allow_listing(batch.role, uses.lake, patterns(Area.MODELS, Area.BATCH))
    use_caller_data(batch, uses, reads=True, writes=True)
    use_text_model(batch, uses)


FUNCTION = FunctionDeclaration(
    name="batch",
    description="batch jobs: files of users or items to files of recommendations",
    limits=_limits,
    connect=_connect,
)
