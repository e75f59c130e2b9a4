"""What reading a user's live events costs the function, beside botocore's own client: CPU ms, no network.

    python -m benchmarks.serving.profile

The answer of DynamoDB comes from memory, so that what is left is signing, parsing and our own reading.
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
    """What urllib3 hands out of a response."""

    def stream(self, *args: Any, **kwargs: Any) -> Any:
        yield self.read()


def page(events: int) -> bytes:
    """DynamoDB's answer to the query of a user with so many events."""
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
    """CPU milliseconds of one read, the median."""
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
    print("| events | botocore's client | ours |\n| ---: | ---: | ---: |")
    stock = get_session().create_client("dynamodb", region_name="eu-west-1")
    for events in (0, 50, 200):
        print(f"| {events} | {cost(stock, events):.2f} | {cost(client('dynamodb'), events):.2f} |")


if __name__ == "__main__":
    main()
