"""Upserts since a model was trained, as serving reads them from the catalog table.

Items are read from the change log, in the order of time, and only changes since the last read. That is one
query every few seconds for each dataset, and only for requests with a filter or metadata. Users are read one
record at a time, when a filter reads the current user.
"""

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lambdas.stores.catalog import upserts_since
from tastemaker.serving.loaded import LoadedBundle
from tastemaker.serving.upserts import UpsertedItems

CACHE_SECONDS = 3.0
OVERLAP_SECONDS = 10.0
"""How much of the log is read again: writers' clocks differ a little, and queries may be slightly behind."""


@dataclass
class _Changes:
    """The upserts of one dataset for one bundle.

    `since` is the bundle's creation time and `until` the time of the newest upsert, both in seconds since
    1970. `read_at` is the clock's time of the last read. `records` maps ids to (time, properties).
    """

    since: float
    until: float
    read_at: float
    records: dict[str, tuple[float, Mapping[str, Any]]] = field(default_factory=dict)
    items: UpsertedItems | None = None


class CatalogUpserts:
    """The `Upserts` of serving.

    `client` is a low-level DynamoDB client. `clock` counts seconds and never goes back. Upserts after `until`
    (seconds since 1970) are ignored.
    """

    def __init__(
        self,
        client: Any,
        table: str,
        clock: Callable[[], float] = time.monotonic,
        *,
        until: float = math.inf,
    ) -> None:
        self._client, self._table, self._clock, self._until = client, table, clock, until
        self._changes: dict[tuple[str, str], _Changes] = {}

    def items(self, catalog: str, loaded: LoadedBundle) -> UpsertedItems | None:
        """Return the items upserted since the bundle's data were read; None if there are none."""
        key = catalog, str(loaded.bundle.path)
        changes = self._changes.get(key)
        if changes is None:
            since = float(loaded.bundle.manifest.get("created") or 0.0)
            changes = self._changes[key] = _Changes(since, since, -CACHE_SECONDS + self._clock())
        if self._clock() - changes.read_at >= CACHE_SECONDS:
            if self._read(catalog, changes):
                records = {item: record for item, (_, record) in changes.records.items()}
                times = {item: at for item, (at, _) in changes.records.items()}
                bundle = loaded.bundle
                changes.items = UpsertedItems(records, bundle.items, bundle.item_columns, times)
            changes.read_at = self._clock()
        return changes.items

    def user(self, catalog: str, user_id: str) -> tuple[Mapping[str, Any], float] | None:
        """Return a user's upserted properties and the time of the upsert, or None."""
        key = {"dataset": {"S": catalog}, "id": {"S": user_id}}
        item = self._client.get_item(TableName=self._table, Key=key).get("Item")
        if item is None or float(item["updatedAt"]["N"]) > self._until:
            return None
        return json.loads(item["properties"]["S"]), float(item["updatedAt"]["N"])

    def _read(self, catalog: str, changes: _Changes) -> bool:
        """Read new changes. Returns whether there were any."""
        changed = False
        start = max(changes.since, changes.until - OVERLAP_SECONDS)
        for item, properties, at in upserts_since(self._client, self._table, catalog, start):
            if at > self._until:
                break
            changes.until = max(changes.until, at)
            known = changes.records.get(item)
            if known is None or known[0] < at:
                changes.records[item] = at, properties
                changed = True
        return changed
