"""The `generation` function: messages, explanations in words, and summaries."""

from __future__ import annotations

from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.grants import READ_RECORDS, allow_objects, allow_records, use_text_model
from infrastructure.permissions import allow
from infrastructure.stage import Stage
from tastemaker.contracts.lake_layout import Area, patterns


def _limits(stage: Stage) -> Limits:
    # The control function waits for the answer, and an HTTP API for the control function: 29 seconds.
    return Limits(memory=stage.functions.generation_memory, timeout=28, disk=stage.functions.runtime_disk)


def _connect(generation: ServiceFunction, uses: Resources) -> None:
    tables = uses.tables
    generation.set(
        RESOURCES_TABLE=tables.resources.table_name,
        PROFILES_TABLE=tables.profiles.table_name,
        CATALOG_TABLE=tables.catalog.table_name,
    )
    allow_records(generation.role, tables, READ_RECORDS)
    allow(generation.role, ["dynamodb:Query"], [tables.profiles.table_arn])
    catalog = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"]
    allow(generation.role, catalog, [tables.catalog.table_arn])
    allow_objects(generation.role, ["s3:GetObject"], uses.lake, patterns(Area.MODELS))
    allow(generation.role, ["s3:ListBucket"], [uses.lake.bucket.bucket_arn])
    use_text_model(generation, uses.stage)


FUNCTION = FunctionDeclaration(
    name="generation",
    description="tastemaker: writes messages, explanations and summaries",
    limits=_limits,
    connect=_connect,
)
