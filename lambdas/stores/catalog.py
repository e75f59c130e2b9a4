"""The catalog table: records that PutItems, PutUsers and PutActions stored."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tastemaker.contracts.table_keys import change_log

Upsert = tuple[str, Mapping[str, Any], float]
"""An id, its properties, and the time of the upsert in seconds since 1970."""


def all_upserts(client: Any, table: str, catalog: str) -> Iterator[Upsert]:
    """Yield the newest upsert of each id of a dataset, by id. `catalog` is `DatasetStorage.catalog`."""
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="#dataset = :dataset",
        ExpressionAttributeNames={"#dataset": "dataset"},
        ExpressionAttributeValues={":dataset": {"S": catalog}},
    )
    for page in pages:
        for item in page["Items"]:
            yield item["id"]["S"], json.loads(item["properties"]["S"]), float(item["updatedAt"]["N"])


def upserts_since(client: Any, table: str, catalog: str, since: float) -> Iterator[Upsert]:
    """Yield the upserts of a dataset after `since` (seconds since 1970), from its change log, by time."""
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="#dataset = :log AND #id > :start",
        ExpressionAttributeNames={"#dataset": "dataset", "#id": "id"},
        ExpressionAttributeValues={":log": {"S": change_log(catalog)}, ":start": {"S": change_key(since)}},
    )
    for page in pages:
        for change in page["Items"]:
            milliseconds, _, item = change["id"]["S"].partition("#")
            yield item, json.loads(change["properties"]["S"]), int(milliseconds) / 1000


def change_key(seconds: float) -> str:
    """Return how the keys of the change log start at a time: milliseconds, 15 digits."""
    return f"{int(seconds * 1000):015}"
