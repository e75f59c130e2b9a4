"""The `exporting` function: writes the rows of a dataset to a CSV file in the caller's bucket."""

from __future__ import annotations

from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.grants import allow_listing, allow_objects, use_caller_data
from infrastructure.permissions import allow
from infrastructure.stage import Stage
from tastemaker.contracts.lake_layout import PLANS_PATTERN, Area, patterns


def _limits(stage: Stage) -> Limits:
    return Limits(memory=stage.functions.exporting_memory, timeout=900, disk=1024)


def _connect(exporting: ServiceFunction, uses: Resources) -> None:
    catalog = uses.tables.catalog
    exporting.set(
        LAKE_BUCKET=uses.lake.bucket.bucket_name,
        CATALOG_TABLE=catalog.table_name,
    )
    allow_objects(exporting.role, ["s3:GetObject"], uses.lake, [PLANS_PATTERN])
    allow_objects(exporting.role, ["s3:GetObject"], uses.lake, patterns(Area.DATASETS, Area.EVENTS))
    allow_listing(exporting.role, uses.lake, patterns(Area.DATASETS, Area.EVENTS))
    allow(exporting.role, ["dynamodb:Query"], [catalog.table_arn])
    use_caller_data(exporting, uses, writes=True)


FUNCTION = FunctionDeclaration(
    name="exporting",
    description="export jobs: the rows of a dataset to a CSV file",
    limits=_limits,
    connect=_connect,
)
