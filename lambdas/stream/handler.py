"""Kinesis records → the profiles table, so that a user's next request knows what the user just did."""

from typing import Any

from lambdas.stores.profiles import Profiles
from lambdas.stream.consuming import consume
from lambdas.support.clients import client
from lambdas.support.settings import Settings

_profiles = Profiles(client("dynamodb"), Settings().profiles_table)


def handle(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """A batch of Kinesis records. Returns `batchItemFailures`; raises if not one record could be read."""
    return consume(event, _profiles, context)
