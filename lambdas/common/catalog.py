"""The catalogue table, read: what was put into datasets one record at a time."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


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
