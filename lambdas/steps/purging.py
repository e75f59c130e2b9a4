"""Remove the data of a deleted resource: objects in the lake and rows in the tables, within a function's
time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.common.lake import LakeBucket
from tastemaker.events import ACTIONS, CHANGES


@dataclass(frozen=True)
class Tables:
    """Where rows of deleted resources may be; names as in the settings."""

    client: Any
    catalog: str
    profiles: str
    recommendations: str


def purge(
    plan: Mapping[str, Any], lake: LakeBucket, tables: Tables, until: float, clock: Callable[[], float]
) -> bool:
    """Delete what the plan of a deletion names. True: nothing is left; False: the time (``until``, on
    ``clock``)
    was up, call again.
    """
    for prefix in plan.get("prefixes", []):
        if not lake.purge(prefix, until, clock):
            return False
    rows = (
        *(
            row
            for key in _catalog_keys(plan.get("catalogOf"))
            for row in _partition(tables.client, tables.catalog, "dataset", "id", key)
        ),
        *(
            row
            for version in plan.get("recommendationsOf", [])
            for row in _partition(tables.client, tables.recommendations, "version", "key", version)
        ),
    )
    for table, key in rows:
        tables.client.delete_item(TableName=table, Key=key)
        if clock() >= until:
            return False
    for table, key in _profiles(tables.client, tables.profiles, plan.get("profilesOf")):
        tables.client.delete_item(TableName=table, Key=key)
        if clock() >= until:
            return False
    return True


def _catalog_keys(dataset: str | None) -> list[str]:
    """A dataset's records, and the log of what was put."""
    return [dataset, dataset + CHANGES] if dataset else []


def _partition(
    client: Any, table: str, hash_key: str, range_key: str, value: str | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    if value is None:
        return
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="#hash = :hash",
        ProjectionExpression="#hash, #range",
        ExpressionAttributeNames={"#hash": hash_key, "#range": range_key},
        ExpressionAttributeValues={":hash": {"S": value}},
    )
    for page in pages:
        for item in page["Items"]:
            yield table, {hash_key: item[hash_key], range_key: item[range_key]}


def _profiles(client: Any, table: str, group: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """The profiles of a group have no key in common but the beginning of it, so the table is scanned."""
    if group is None:
        return
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="begins_with(#profile, :group) OR begins_with(#profile, :actions)",
        ProjectionExpression="#profile, #event",
        ExpressionAttributeNames={"#profile": "profile", "#event": "event"},
        ExpressionAttributeValues={":group": {"S": f"{group}#"}, ":actions": {"S": f"{group}/{ACTIONS}#"}},
    )
    for page in pages:
        for item in page["Items"]:
            yield table, {"profile": item["profile"], "event": item["event"]}
