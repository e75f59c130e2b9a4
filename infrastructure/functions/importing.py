"""The `importing` function: converts CSV files to typed Parquet files in the lake."""

from __future__ import annotations

from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.grants import allow_listing, allow_objects, use_caller_data
from infrastructure.stage import Stage
from tastemaker.contracts.lake_layout import Area, patterns

WRITE = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")


def _limits(stage: Stage) -> Limits:
    return Limits(memory=stage.functions.importing_memory, timeout=900, disk=stage.functions.importing_disk)


def _connect(importing: ServiceFunction, uses: Resources) -> None:
    importing.set(LAKE_BUCKET=uses.lake.bucket.bucket_name)
    if uses.stage.distributed.enabled:
        importing.set(DISTRIBUTED_BYTES=str(uses.stage.distributed.import_bytes))
    allow_objects(importing.role, WRITE, uses.lake, patterns(Area.DATASETS))
    # A run that starts again lists and deletes what the first one wrote.
    allow_listing(importing.role, uses.lake, patterns(Area.DATASETS))
    use_caller_data(importing, uses, reads=True)


FUNCTION = FunctionDeclaration(
    name="importing",
    description="import jobs: CSV files to typed Parquet files",
    limits=_limits,
    connect=_connect,
)
