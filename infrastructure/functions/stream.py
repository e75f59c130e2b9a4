"""The `stream` function: writes the events of the stream to the user profiles."""

from __future__ import annotations

from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.grants import allow_objects
from infrastructure.permissions import allow
from infrastructure.stage import Stage
from tastemaker.contracts.lake_layout import REJECTED_EVENTS_PATTERN


def _limits(stage: Stage) -> Limits:
    return Limits(memory=stage.functions.stream_memory, timeout=60)


def _connect(stream: ServiceFunction, uses: Resources) -> None:
    profiles = uses.tables.profiles
    stream.set(
        PROFILES_TABLE=profiles.table_name,
        PROFILE_DAYS=str(uses.stage.events.profile_days),
        LAKE_BUCKET=uses.lake.bucket.bucket_name,
    )
    allow_objects(stream.role, ["s3:PutObject"], uses.lake, [REJECTED_EVENTS_PATTERN])
    allow(stream.role, ["dynamodb:PutItem", "dynamodb:BatchWriteItem"], [profiles.table_arn])
    uses.events.feed(stream.function)


FUNCTION = FunctionDeclaration(
    name="stream",
    description="writes the events of the stream to the user profiles",
    limits=_limits,
    connect=_connect,
    wanted=lambda stage: stage.events.has_stream,
)
