"""Remove the data of a deleted resource, objects in the lake and rows in the tables, within a time limit."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lambdas.stores.batch_writes import MAX_REQUESTS, write_batch
from lambdas.stores.lake import LakeBucket
from lambdas.stores.precomputed import partitions
from tastemaker.contracts.lake_layout import action_group, deletion_mark
from tastemaker.contracts.plans import DeletePlan
from tastemaker.contracts.table_keys import (
    INDEX_PARTITIONS,
    change_log,
    profile_index,
    profile_key,
    profile_prefix,
)

Key = dict[str, Any]
"""The key of a row in DynamoDB's notation."""


@dataclass(frozen=True)
class Tables:
    """The tables that may have rows of deleted resources. `client` is a client of DynamoDB."""

    client: Any
    catalog: str
    profiles: str
    recommendations: str


def purge(
    plan: DeletePlan, lake: LakeBucket, tables: Tables, until: float, clock: Callable[[], float]
) -> bool:
    """Delete what the plan of a deletion names.

    Returns True if nothing is left, and False if the time (`until`, on `clock`) was up: call again then.
    """
    for prefix in plan.get("prefixes", []):
        if not lake.purge(prefix, until, clock):
            return False
    for prefix in plan.get("late", []):
        lake.write(deletion_mark(prefix), "")
    client = tables.client
    for key in _catalog_keys(plan.get("catalogOf")):
        rows = _partition(client, tables.catalog, "dataset", "id", key)
        if not _delete(client, tables.catalog, rows, until, clock):
            return False
    for version in plan.get("recommendationsOf", []):
        for key in partitions(version):
            rows = _partition(client, tables.recommendations, "version", "key", key)
            if not _delete(client, tables.recommendations, rows, until, clock):
                return False
    group = plan.get("profilesOf")
    if group is None:
        return True
    for name in (group, action_group(group)):
        if not _delete_listed(client, tables.profiles, name, until, clock):
            return False
    if plan.get("profilesListed"):
        return True
    rows = _profiles(client, tables.profiles, group)
    return _delete(client, tables.profiles, rows, until, clock)


def _delete_listed(client: Any, table: str, group: str, until: float, clock: Callable[[], float]) -> bool:
    """Delete the profiles of the users and sessions that are listed for a group, and then their entries.

    Each call goes on where the last one ended. Returns False if the time was up.
    """
    for partition in range(INDEX_PARTITIONS):
        entries = _partition(client, table, "profile", "event", profile_index(group, partition))
        while some := list(islice(entries, MAX_REQUESTS)):
            for entry in some:
                rows = _partition(client, table, "profile", "event", profile_key(group, entry["event"]["S"]))
                if not _delete(client, table, rows, until, clock):
                    return False
            if not _delete(client, table, some, until, clock):
                return False
    return True


def _delete(client: Any, table: str, rows: Iterable[Key], until: float, clock: Callable[[], float]) -> bool:
    """Delete rows as they are found. Returns False if the time was up; the next call finds the rest."""
    rows = iter(rows)
    while some := list(islice(rows, MAX_REQUESTS)):
        requests = [{"DeleteRequest": {"Key": key}} for key in some]
        if write_batch(client, table, requests, sleep=time.sleep) or clock() >= until:
            return False
    return True


def _catalog_keys(catalog: str | None) -> list[str]:
    """The keys of a dataset's records, and of the log of what was put."""
    return [catalog, change_log(catalog)] if catalog else []


def _partition(client: Any, table: str, hash_key: str, range_key: str, value: str) -> Iterator[Key]:
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="#hash = :hash",
        ProjectionExpression="#hash, #range",
        ExpressionAttributeNames={"#hash": hash_key, "#range": range_key},
        ExpressionAttributeValues={":hash": {"S": value}},
    )
    for page in pages:
        for item in page["Items"]:
            yield {hash_key: item[hash_key], range_key: item[range_key]}


def _profiles(client: Any, table: str, group: str) -> Iterator[Key]:
    """The profiles of a group from before its users were listed, found by a scan of the table."""
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="begins_with(#profile, :group) OR begins_with(#profile, :actions)",
        ProjectionExpression="#profile, #event",
        ExpressionAttributeNames={"#profile": "profile", "#event": "event"},
        ExpressionAttributeValues={
            ":group": {"S": profile_prefix(group)},
            ":actions": {"S": profile_prefix(action_group(group))},
        },
    )
    for page in pages:
        for item in page["Items"]:
            yield {"profile": item["profile"], "event": item["event"]}
