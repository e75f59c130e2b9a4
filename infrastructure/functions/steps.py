"""The `steps` function: the small steps that all state machines share."""

from __future__ import annotations

import json

from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.grants import WRITE_RECORDS, allow_objects, allow_records
from infrastructure.permissions import allow
from infrastructure.stage import Stage
from tastemaker.contracts.lake_layout import ALL_GROUPS, PLANS_PATTERN


def _limits(stage: Stage) -> Limits:
    return Limits(memory=stage.functions.steps_memory, timeout=300)


def _connect(steps: ServiceFunction, uses: Resources) -> None:
    tables, runtime = uses.tables, uses.functions["runtime"].target
    functions = uses.stage.functions
    steps.set(
        RESOURCES_TABLE=tables.resources.table_name,
        PROFILES_TABLE=tables.profiles.table_name,
        CATALOG_TABLE=tables.catalog.table_name,
        RECOMMENDATIONS_TABLE=tables.recommendations.table_name,
        LAKE_BUCKET=uses.lake.bucket.bucket_name,
        RUNTIME_FUNCTION=runtime.function_name,
        RUNTIME_ENVIRONMENTS=str(max(functions.runtime_provisioned, 1)),
        MODEL_DISK_MEGABYTES=str(min(functions.runtime_disk, functions.batch_disk)),
        EVENT_BUS=uses.bus.event_bus_name,
        QUOTAS=json.dumps(uses.stage.quotas),
    )
    if uses.stage.distributed.enabled:
        steps.set(DISTRIBUTED_BYTES=str(uses.stage.distributed.prepare_bytes))
    allow_records(steps.role, tables, WRITE_RECORDS)
    purge = ["dynamodb:Query", "dynamodb:BatchWriteItem"]
    allow(steps.role, purge, [tables.catalog.table_arn, tables.recommendations.table_arn])
    # A purge scans for the profiles of dataset groups from before their users were listed.
    profiles = ["dynamodb:Query", "dynamodb:Scan", "dynamodb:BatchWriteItem"]
    allow(steps.role, profiles, [tables.profiles.table_arn])
    allow_objects(steps.role, ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], uses.lake, [ALL_GROUPS])
    allow_objects(steps.role, ["s3:GetObject", "s3:PutObject"], uses.lake, [PLANS_PATTERN])
    allow(steps.role, ["s3:ListBucket"], [uses.lake.bucket.bucket_arn])
    allow(steps.role, ["lambda:InvokeFunction"], [runtime.function_arn])
    allow(steps.role, ["events:PutEvents"], [uses.bus.event_bus_arn])


FUNCTION = FunctionDeclaration(
    name="steps",
    description="the small steps of the state machines: begin, succeed, fail, warm, purge, remove",
    limits=_limits,
    connect=_connect,
)
