"""Where a deployment still has rows of a user."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from deployment.command import CommandError
from deployment.smoke.target import Target
from tastemaker.contracts.dataset_storage import is_of_group
from tastemaker.contracts.lake_layout import GROUPS, Area

MAX_ITEMS = 200_000
"""Items of one table that are read. A smoke test must not read the tables of a large deployment."""


def of_user(target: Target, group: str, user: str, *, max_items: int = MAX_ITEMS) -> list[str]:
    """Objects of the lake, in all their versions, and table items that name `user`.

    Models are left out: as in the service, a group's models know a user until they are trained again. Raises
    CommandError if a table has more than `max_items` items.
    """
    return [*_objects(target, group, user), *_items(target, user, max_items)]


def _objects(target: Target, group: str, user: str) -> Iterator[str]:
    import pyarrow.parquet as pq

    s3, bucket = target.client("s3"), target.lake(group)
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=f"{GROUPS}{group}")
    for version in (version for page in pages for version in page.get("Versions", ())):
        key = version["Key"]
        if not is_of_group(key, group) or is_of_group(key, group, Area.MODELS):
            continue
        where = {"Bucket": bucket, "Key": key, "VersionId": version["VersionId"]}
        data: bytes = s3.get_object(**where)["Body"].read()
        if key.endswith(".parquet"):
            data = repr(pq.read_table(io.BytesIO(data)).to_pylist()).encode()
        if user.encode() in data:
            yield f"s3://{bucket}/{key}"


def _items(target: Target, user: str, max_items: int) -> Iterator[str]:
    for table in target.tables:
        found = 0
        for item in _scan(target, table, max_items):
            found += user in repr(item)
        if found:
            yield f"{found} items of table {table}"


def _scan(target: Target, table: str, max_items: int) -> Iterator[dict[str, Any]]:
    count = 0
    for page in target.client("dynamodb").get_paginator("scan").paginate(TableName=table):
        yield from page["Items"]
        count += len(page["Items"])
        if count >= max_items:
            raise CommandError(
                f"The table {table} has more than {max_items:,} items, so it was not read to its end.",
                "Run the smoke test on a deployment with less data, such as a new stage.",
            )
