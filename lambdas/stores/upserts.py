"""What was put into the catalog since a model was trained, as the runtime sees it.

Items: the changes are read from a log, in the order of time, and only those that came since the last look;
one query every few seconds for each dataset, and only when a request has a filter or wants metadata. Users:
the one record that a filter asks about.
"""

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lambdas.stores.bundles import Loaded
from lambdas.stores.catalog import put_since
from tastemaker.serving.upserts import Overlay

SECONDS = 3.0
OVERLAP = 10.0
"""Seconds that are read again: clocks of writers differ a little, and a query may be behind by a moment."""


@dataclass
class _Known:
    """What is known of one dataset for one bundle. `until` is the time of the newest change seen."""

    since: float
    until: float
    looked: float
    records: dict[str, tuple[float, Mapping[str, Any]]] = field(default_factory=dict)
    overlay: Overlay | None = None


class Puts:
    """`client` is a low-level DynamoDB client; `clock` counts seconds and never goes back. What was put after
    `until` (seconds since 1970) is not seen; of a user whose record is newer, the bundle tells.
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
        self._known: dict[tuple[str, str], _Known] = {}

    def items(self, dataset_arn: str, loaded: Loaded) -> Overlay | None:
        """The items put since the bundle's data were gathered; None if there are none."""
        key = dataset_arn, str(loaded.bundle.path)
        known = self._known.get(key)
        if known is None:
            since = float(loaded.bundle.manifest.get("created") or 0.0)
            known = self._known[key] = _Known(since, since, -SECONDS + self._clock())
        if self._clock() - known.looked >= SECONDS:
            if self._read(dataset_arn, known):
                records = {item: record for item, (_, record) in known.records.items()}
                known.overlay = Overlay(records, loaded.bundle.items, loaded.bundle.item_columns)
            known.looked = self._clock()
        return known.overlay

    def user(self, dataset_arn: str, user_id: str) -> tuple[Mapping[str, Any], float] | None:
        """A user's put record and when it was put, or None."""
        key = {"dataset": {"S": dataset_arn}, "id": {"S": user_id}}
        item = self._client.get_item(TableName=self._table, Key=key).get("Item")
        if item is None or float(item["updatedAt"]["N"]) > self._until:
            return None
        return json.loads(item["properties"]["S"]), float(item["updatedAt"]["N"])

    def _read(self, dataset_arn: str, known: _Known) -> bool:
        """Take in new changes; whether there were any."""
        changed = False
        start = max(known.since, known.until - OVERLAP)
        for item, record, at in put_since(self._client, self._table, dataset_arn, start):
            if at > self._until:
                break
            known.until = max(known.until, at)
            seen = known.records.get(item)
            if seen is None or seen[0] < at:
                known.records[item] = at, record
                changed = True
        return changed
