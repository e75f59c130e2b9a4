"""Precomputed lists in the table of recommendations: one row per user or item.

A job's rows have a version of their own (`tastemaker/control/workflows/precomputed.py`). The ids of a version
are spread over 64 partition keys, because one key takes a thousand writes a second, and a job has more. Rows
expire; those of a deleted user or solution are deleted at once.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from itertools import islice
from typing import Any

from lambdas.stores.batch_writes import MAX_REQUESTS, TableBusyError, write_batch

PARTITIONS = 64
THREADS = 8
BATCHES_IN_MEMORY = 8 * THREADS
"""1,600 rows."""

Row = tuple[str, Mapping[str, Any]]
"""A user or item, and the `output` of its line of a batch job."""


class PrecomputedTable:
    """The `PrecomputedLists` of serving, and their writer. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client, self._table, self._sleep = client, table, sleep

    def find(self, version: str, key: str) -> Mapping[str, Any] | None:
        """Return the list of a user or item, or None."""
        row = self._client.get_item(TableName=self._table, Key=_key(version, key)).get("Item")
        return None if row is None else json.loads(row["output"]["S"])

    def write(self, version: str, rows: Iterable[Row], *, expires_at: int) -> int:
        """Store lists with several threads while `rows` are read. Returns how many. Raises TableBusyError."""
        expires = {"N": str(expires_at)}

        def requests(some: Sequence[Row]) -> list[dict[str, Any]]:
            items = {
                key: {**_key(version, key), "output": {"S": _text(output)}, "expiresAt": expires}
                for key, output in some  # a batch must not contain a key twice
            }
            return [{"PutRequest": {"Item": item}} for item in items.values()]

        return self._send(rows, requests)

    def delete(self, version: str, keys: Iterable[str]) -> None:
        """Delete the lists of users or items. Raises TableBusyError."""

        def requests(some: Sequence[str]) -> list[dict[str, Any]]:
            return [{"DeleteRequest": {"Key": _key(version, key)}} for key in dict.fromkeys(some)]

        self._send(keys, requests)

    def _send(self, rows: Iterable[Any], requests: Callable[[Any], list[dict[str, Any]]]) -> int:
        sent = 0
        batches = _batches(iter(rows), MAX_REQUESTS)
        with ThreadPoolExecutor(THREADS) as pool:
            while some := list(islice(batches, BATCHES_IN_MEMORY)):
                sent += sum(pool.map(lambda batch: self._write(requests(batch)), some))
        return sent

    def _write(self, requests: list[dict[str, Any]]) -> int:
        if left := write_batch(self._client, self._table, requests, sleep=self._sleep):
            raise TableBusyError(f"{left} lists", self._table)
        return len(requests)


def partitions(version: str) -> list[str]:
    """Return all partition keys of a version."""
    return [f"{version}#{part:02}" for part in range(PARTITIONS)]


def _key(version: str, key: str) -> dict[str, Any]:
    part = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=1).digest()[0] % PARTITIONS
    return {"version": {"S": f"{version}#{part:02}"}, "key": {"S": key}}


def _text(output: Mapping[str, Any]) -> str:
    return json.dumps(output, ensure_ascii=False, separators=(",", ":"))


def _batches(rows: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while some := list(islice(rows, size)):
        yield some
