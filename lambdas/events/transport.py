"""The event transport that the stage has chosen."""

from __future__ import annotations

from typing import Any

from lambdas.events.operations import EventTransport
from lambdas.support.clients import client
from lambdas.support.settings import Settings


def connect(settings: Settings, dynamodb: Any) -> EventTransport:
    """The transport by the function's settings. Only the chosen one is imported, for a short cold start."""
    if settings.delivery_stream is None:
        from lambdas.events.kinesis import KinesisTransport

        return KinesisTransport(client("kinesis"), settings.event_stream)
    from lambdas.events.direct import DirectTransport
    from lambdas.stores.lake import LakeBucket
    from lambdas.stores.profile_writer import ProfileWriter
    from lambdas.stores.rejected_events import RejectedEvents

    return DirectTransport(
        client("firehose"),
        settings.delivery_stream,
        ProfileWriter(dynamodb, settings.profiles_table),
        RejectedEvents(LakeBucket(client("s3"), settings.lake_bucket)),
        profile_days=settings.profile_days,
    )
