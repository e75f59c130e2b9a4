"""The `events` function: the API of personalize-events."""

from __future__ import annotations

from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.grants import READ_RECORDS, allow_records, authorize_callers
from infrastructure.permissions import allow
from infrastructure.stage import Stage


def _limits(stage: Stage) -> Limits:
    # An HTTP API gives up after 30 seconds.
    return Limits(memory=stage.functions.events_memory, timeout=29)


def _connect(events: ServiceFunction, uses: Resources) -> None:
    catalog, stream = uses.tables.catalog, uses.event_stream.stream
    events.set(
        RESOURCES_TABLE=uses.tables.resources.table_name,
        CATALOG_TABLE=catalog.table_name,
        EVENT_STREAM=stream.stream_name,
    )
    authorize_callers(events, uses.stage)
    allow_records(events.role, uses.tables, READ_RECORDS)
    allow(events.role, ["dynamodb:PutItem", "dynamodb:BatchWriteItem"], [catalog.table_arn])
    allow(events.role, ["kinesis:PutRecord", "kinesis:PutRecords"], [stream.stream_arn])


FUNCTION = FunctionDeclaration(
    name="events",
    description="personalize-events: takes events, items, users and actions",
    limits=_limits,
    connect=_connect,
)
