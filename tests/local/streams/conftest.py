"""Records for the stream of the tiny stack."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def put(local, stream):
    """Put bodies into the stream under one partition key."""
    kinesis = local.client("kinesis")

    def records(*bodies, key="user"):
        entries = [{"Data": json.dumps(body).encode(), "PartitionKey": key} for body in bodies]
        kinesis.put_records(StreamName=stream, Records=entries)

    return records


def body(name, **more):
    return {"id": name, "datasetGroup": "shop", "userId": "u", **more}
