"""The `runtime` function: the API of personalize-runtime."""

from __future__ import annotations

from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.grants import READ_RECORDS, allow_objects, allow_records, authorize_callers
from infrastructure.permissions import allow
from infrastructure.stage import Stage
from tastemaker.contracts.lake_layout import Area, patterns


def _limits(stage: Stage) -> Limits:
    return Limits(
        memory=stage.functions.runtime_memory,
        # The API waits 30 seconds; the deployment of a large model waits longer while this function loads it.
        timeout=180,
        disk=stage.functions.runtime_disk,
        provisioned=stage.functions.runtime_provisioned,
    )


def _connect(runtime: ServiceFunction, uses: Resources) -> None:
    tables = uses.tables
    runtime.set(
        RESOURCES_TABLE=tables.resources.table_name,
        PROFILES_TABLE=tables.profiles.table_name,
        CATALOG_TABLE=tables.catalog.table_name,
        RECOMMENDATIONS_TABLE=tables.recommendations.table_name,
        LAKE_BUCKET=uses.lake.bucket.bucket_name,
    )
    authorize_callers(runtime, uses.stage)
    allow_records(runtime.role, tables, READ_RECORDS)
    allow(runtime.role, ["dynamodb:Query"], [tables.profiles.table_arn])
    catalog = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"]
    allow(runtime.role, catalog, [tables.catalog.table_arn])
    allow(runtime.role, ["dynamodb:GetItem", "dynamodb:PutItem"], [tables.recommendations.table_arn])
    allow_objects(runtime.role, ["s3:GetObject"], uses.lake, patterns(Area.MODELS))
    allow(runtime.role, ["s3:ListBucket"], [uses.lake.bucket.bucket_arn])


FUNCTION = FunctionDeclaration(
    name="runtime",
    description="personalize-runtime: answers with recommendations and rankings",
    limits=_limits,
    connect=_connect,
)
