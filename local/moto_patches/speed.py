"""Two places where the time that moto takes grows with everything that was ever written."""

from __future__ import annotations

import inspect
import threading
from typing import Any

from moto.dynamodb.models.table import Table
from moto.kinesis.models import Record, Shard

_current = threading.local()  # the query of this thread: (partition key, index name)


def install() -> None:
    """Apply both changes; a second call changes nothing."""
    if Table.query.__module__ != __name__:
        _narrow_queries()
        _number_records()


def _narrow_queries() -> None:
    """Let `Table.query` read one partition, or unsorted items, instead of the sorted whole table."""
    query, all_items = Table.query, Table.all_items
    signature = inspect.signature(query)

    def narrow_query(self: Table, *args: Any, **kwargs: Any) -> Any:
        given = signature.bind(self, *args, **kwargs).arguments
        key, index = given["hash_key"], given.get("index_name")
        if index is None and key is None:
            key = given["hash_key_conditions"][0][1]
        _current.query = (key, index)
        try:
            return query(self, *args, **kwargs)
        finally:
            _current.query = None

    def narrow_items(self: Table) -> list[Any]:
        current = getattr(_current, "query", None)
        if current is None:
            return all_items(self)
        key, index = current
        if index is not None:
            partitions = list(self.items.values())
        else:
            partitions = [self.items[key]] if key in self.items else []
        if self.range_key_attr:
            return [item for partition in partitions for item in list(partition.values())]
        return list(partitions)

    narrow_query.__module__ = narrow_items.__module__ = __name__
    Table.query = narrow_query  # type: ignore[method-assign]
    Table.all_items = narrow_items  # type: ignore[method-assign]


def _number_records() -> None:
    """Number a shard's records: moto copies all keys for each new record, and scans them for each read."""

    def get_max_sequence_number(self: Shard) -> int:
        return next(reversed(self.records), 0)

    def get_min_sequence_number(self: Shard) -> int:
        return next(iter(self.records), 0)

    def get_records(self: Shard, last_sequence_id: str, limit: int | None) -> tuple[list[Record], int, int]:
        # The sequence numbers of a shard are 1, 2, 3, …
        last = int(last_sequence_id)
        newest = self.get_max_sequence_number()
        until = newest if limit is None else min(newest, last + limit)
        found = [self.records[number] for number in range(last + 1, until + 1) if number in self.records]
        behind = self.records[newest].created_at - found[-1].created_at if found else 0.0
        return found, found[-1].sequence_number if found else last, int(behind * 1000)

    Shard.get_max_sequence_number = get_max_sequence_number  # type: ignore[method-assign]
    Shard.get_min_sequence_number = get_min_sequence_number  # type: ignore[method-assign]
    Shard.get_records = get_records  # type: ignore[method-assign]
