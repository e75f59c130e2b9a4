"""The stream function: it stores streamed events, so that the user's next request takes them into account."""

from typing import Any

from lambdas.stores.lake import LakeBucket
from lambdas.stores.profiles import Profiles
from lambdas.stream.consuming import consume
from lambdas.support.clients import client
from lambdas.support.settings import Settings

_settings = Settings()
_profiles = Profiles(client("dynamodb"), _settings.profiles_table)
_lake = LakeBucket(client("s3"), _settings.lake_bucket)


def handle(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """Store a batch of Kinesis records. Returns `batchItemFailures`, which is empty."""
    return consume(event, _profiles, _lake)
