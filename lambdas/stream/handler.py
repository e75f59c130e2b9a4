"""The stream function: it stores streamed events, so that the user's next request takes them into account."""

from typing import Any

from lambdas.stores.profiles import Profiles
from lambdas.stream.consuming import consume
from lambdas.support.clients import client
from lambdas.support.settings import Settings

_profiles = Profiles(client("dynamodb"), Settings().profiles_table)


def handle(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """Store a batch of Kinesis records. Returns `batchItemFailures`; raises if no record could be read."""
    return consume(event, _profiles, context)
