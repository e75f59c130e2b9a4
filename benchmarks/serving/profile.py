"""The CPU time to read a user's live events, compared with botocore's own client, without network.

    python -m benchmarks.serving.profile

DynamoDB's response comes from memory, so that the rest is signing, parsing and our own code.
"""

import json
import os
from io import BytesIO
from time import thread_time
from typing import Any

import numpy as np
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.session import get_session

os.environ.update(AWS_REGION="eu-west-1", AWS_ACCESS_KEY_ID="bench", AWS_SECRET_ACCESS_KEY="bench")

from lambdas.stores.profiles import Profiles
from lambdas.support.clients import client  # after the region is set

TIMES = 200


class Body(BytesIO):
    """The body of a response of urllib3."""

    def stream(self, *args: Any, **kwargs: Any) -> Any:
        yield self.read()


def page(events: int) -> bytes:
    """Return DynamoDB's response to the query of a user with this many events."""
    items = [
        {
            "event": {"S": f"{1_700_000_000_000 + place:015}#{place:032x}"},
            "itemId": {"S": f"item-{place:08}"},
            "eventType": {"S": "View"},
        }
        for place in range(events)
    ]
    return json.dumps({"Items": items, "Count": events, "ScannedCount": events}).encode()


def cost(dynamodb: Any, events: int) -> float:
    """Return the median CPU milliseconds of a read."""
    body = page(events)
    dynamodb.meta.events.register(
        "before-send.dynamodb.Query",
        lambda request, **_: AWSResponse(request.url, 200, HTTPHeaders(), Body(body)),
        unique_id="canned",
    )
    profiles, took = Profiles(dynamodb, "profiles"), []
    for _ in range(TIMES):
        started = thread_time()
        assert len(profiles.newest("shop", "ann")) == events
        took.append((thread_time() - started) * 1000)
    dynamodb.meta.events.unregister("before-send.dynamodb.Query", unique_id="canned")
    return float(np.median(took))


def main() -> None:
    """Print the processor time of reading a profile with each client."""
    print("| events | botocore's client | ours |\n| ---: | ---: | ---: |")
    stock = get_session().create_client("dynamodb", region_name="eu-west-1")
    for events in (0, 50, 200):
        print(f"| {events} | {cost(stock, events):.2f} | {cost(client('dynamodb'), events):.2f} |")


if __name__ == "__main__":
    main()
