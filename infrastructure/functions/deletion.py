"""The `deletion` function: deletes the data of users from the lake and the tables, and compacts events."""

from __future__ import annotations

from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.grants import allow_listing, allow_objects, use_caller_data
from infrastructure.permissions import allow
from infrastructure.stage import Stage
from tastemaker.contracts.lake_layout import GROUPS, PLANS_PATTERN, Area, patterns

AREAS = patterns(
    Area.DATASETS, Area.EVENTS, Area.ACTION_EVENTS, Area.DATA_DELETION, Area.BATCH, Area.TRAINING
)
DAY_MINUTES = 24 * 60
# Old versions go too: a deleted user must not come back with one.
REWRITE = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion")


def _limits(stage: Stage) -> Limits:
    functions = stage.functions
    return Limits(
        memory=functions.deletion_memory, timeout=900, disk=2048, reserved=functions.deletion_reserved
    )


def _connect(deletion: ServiceFunction, uses: Resources) -> None:
    tables = uses.tables
    deletion.set(
        LAKE_BUCKET=uses.lake.bucket.bucket_name,
        PROFILES_TABLE=tables.profiles.table_name,
        CATALOG_TABLE=tables.catalog.table_name,
        RECOMMENDATIONS_TABLE=tables.recommendations.table_name,
    )
    allow_objects(deletion.role, ["s3:GetObject"], uses.lake, [PLANS_PATTERN])
    allow_objects(deletion.role, REWRITE, uses.lake, AREAS)
    allow_listing(deletion.role, uses.lake, AREAS, actions=["s3:ListBucket", "s3:ListBucketVersions"])
    allow(deletion.role, ["dynamodb:Query", "dynamodb:DeleteItem"], [tables.profiles.table_arn])
    allow(deletion.role, ["dynamodb:GetItem", "dynamodb:DeleteItem"], [tables.catalog.table_arn])
    allow(deletion.role, ["dynamodb:BatchWriteItem"], [tables.recommendations.table_arn])
    use_caller_data(deletion, uses, reads=True)
    # It may rewrite the files of events, so it also compacts them.
    allow_listing(deletion.role, uses.lake, [GROUPS])
    uses.schedules.call("Compact", deletion.function, minutes=DAY_MINUTES, event={"action": "compact"})


FUNCTION = FunctionDeclaration(
    name="deletion",
    description="data deletion jobs: deletes the data of users from the lake and the tables",
    limits=_limits,
    connect=_connect,
)
