"""The catalog table, read: what was put into datasets one record at a time."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tastemaker.events import CHANGES


def put_rows(client: Any, table: str, dataset: str) -> Iterator[tuple[str, Mapping[str, Any], float]]:
    """(id, properties, time of writing) of what was put into a dataset one at a time."""
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="#dataset = :dataset",
        ExpressionAttributeNames={"#dataset": "dataset"},
        ExpressionAttributeValues={":dataset": {"S": dataset}},
    )
    for page in pages:
        for item in page["Items"]:
            yield item["id"]["S"], json.loads(item["properties"]["S"]), float(item["updatedAt"]["N"])


def put_since(
    client: Any, table: str, dataset: str, since: float
) -> Iterator[tuple[str, Mapping[str, Any], float]]:
    """The same from the log of changes, in the order of time: only what was put after `since` (seconds)."""
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="#dataset = :log AND #id > :start",
        ExpressionAttributeNames={"#dataset": "dataset", "#id": "id"},
        ExpressionAttributeValues={":log": {"S": dataset + CHANGES}, ":start": {"S": moment(since)}},
    )
    for page in pages:
        for change in page["Items"]:
            milliseconds, _, item = change["id"]["S"].partition("#")
            yield item, json.loads(change["properties"]["S"]), int(milliseconds) / 1000


def moment(seconds: float) -> str:
    """A time as the log's keys begin with: milliseconds, 15 digits."""
    return f"{int(seconds * 1000):015}"
