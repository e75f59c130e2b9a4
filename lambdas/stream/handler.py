"""The stream function: it stores streamed events, so that the user's next request takes them into account."""

from typing import Any

from lambdas.stores.lake import LakeBucket
from lambdas.stores.profile_writer import ProfileWriter
from lambdas.stores.rejected_events import RejectedEvents
from lambdas.stream.consuming import consume
from lambdas.support.clients import client
from lambdas.support.settings import Settings

_settings = Settings()
_profiles = ProfileWriter(client("dynamodb"), _settings.profiles_table)
_rejected = RejectedEvents(LakeBucket(client("s3"), _settings.lake_bucket))


def handle(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """Store a batch of Kinesis records. Returns `batchItemFailures`, which is empty."""
    return consume(event, _profiles, _rejected, _settings.profile_days)
