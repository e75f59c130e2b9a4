"""The `events` function: the API of personalize-events."""

from __future__ import annotations

from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.grants import READ_RECORDS, allow_objects, allow_records, authorize_callers
from infrastructure.permissions import allow
from infrastructure.stage import Stage
from tastemaker.contracts.lake_layout import REJECTED_EVENTS_PATTERN


def _limits(stage: Stage) -> Limits:
    # An HTTP API gives up after 30 seconds.
    return Limits(memory=stage.functions.events_memory, timeout=29)


def _connect(events: ServiceFunction, uses: Resources) -> None:
    catalog = uses.tables.catalog
    events.set(RESOURCES_TABLE=uses.tables.resources.table_name, CATALOG_TABLE=catalog.table_name)
    authorize_callers(events, uses.stage)
    allow_records(events.role, uses.tables, READ_RECORDS)
    allow(events.role, ["dynamodb:PutItem", "dynamodb:BatchWriteItem"], [catalog.table_arn])
    stream = uses.events.stream
    if stream is None:
        _write_directly(events, uses)
    else:
        events.set(EVENT_STREAM=stream.stream_name)
        allow(events.role, ["kinesis:PutRecord", "kinesis:PutRecords"], [stream.stream_arn])


def _write_directly(events: ServiceFunction, uses: Resources) -> None:
    """Let the function write the profiles, and send events to their delivery."""
    profiles, delivery = uses.tables.profiles, uses.events.delivery
    events.set(
        DELIVERY_STREAM=delivery.ref,
        PROFILES_TABLE=profiles.table_name,
        PROFILE_DAYS=str(uses.stage.events.profile_days),
        LAKE_BUCKET=uses.lake.bucket.bucket_name,
    )
    allow(events.role, ["firehose:PutRecordBatch"], [delivery.attr_arn])
    allow(events.role, ["dynamodb:BatchWriteItem"], [profiles.table_arn])
    allow_objects(events.role, ["s3:PutObject"], uses.lake, [REJECTED_EVENTS_PATTERN])


FUNCTION = FunctionDeclaration(
    name="events",
    description="personalize-events: takes events, items, users and actions",
    limits=_limits,
    connect=_connect,
)
