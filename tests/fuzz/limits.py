"""Limits of AWS that the services in memory do not have, and a count of what was written."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from tastemaker.control.core.records import MemoryRepository, Record
from tests.lambdas.aws import TABLE, TABLES
from tests.lambdas.support.iam import FakeIam, allow

WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")
KEYS = {TABLE: ("arn",), **TABLES}
KEY_BYTES = (2048, 1024)
"""Bytes of a partition key and of a sort key.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""
INDEX_KEYS = ("kind", "parent", "moving", "createdAt")
MAX_ITEM_BYTES = 400 * 1024
MAX_RECORD_BYTES, MAX_PARTITION_KEY = 1 << 20, 256


class LimitError(Exception):
    """A request to AWS that AWS would refuse."""


class StrictIam(FakeIam):
    """IAM that refuses what is longer than its service model says."""

    def simulate_principal_policy(self, **request: Any) -> dict[str, Any]:
        contexts = [one["ContextKeyName"] for one in request["ContextEntries"]]
        for texts, most in ((request["ActionNames"], 128), (request["ResourceArns"], 2048), (contexts, 256)):
            if not all(0 < len(text) <= most for text in texts):
                raise ClientError({"Error": {"Code": "ValidationError"}}, "SimulatePrincipalPolicy")
        return super().simulate_principal_policy(**request)


def allowing_everything() -> StrictIam:
    """IAM with a user `fuzz` who may do everything."""
    return StrictIam({"user/fuzz": [allow(["personalize:*", "iam:PassRole"])]})


class Writes:
    """Counts the writes of a DynamoDB client and of the stream, and checks them against the limits."""

    def __init__(self, dynamodb: Any) -> None:
        self.count = 0
        dynamodb.meta.events.register("before-parameter-build.dynamodb", self._check)
        dynamodb.meta.events.register("after-call.dynamodb", self._written)

    def repository(self) -> MemoryRepository:
        """Records in memory, with the limits of the table and ten times as fast."""
        return _Repository(self)

    def stream(self, records: list[dict[str, Any]]) -> None:
        """Count and check the records of a request to Kinesis."""
        self.count += 1
        if not 1 <= len(records) <= 500:
            raise LimitError(f"{len(records)} records")
        for record in records:
            if (
                len(record["Data"]) > MAX_RECORD_BYTES
                or not 1 <= len(record["PartitionKey"]) <= MAX_PARTITION_KEY
            ):
                raise LimitError(f"the partition key {record['PartitionKey']!r}, {len(record['Data'])} bytes")

    def _written(self, model: Any, http_response: Any, **_: Any) -> None:
        if model.name in WRITES and http_response.status_code == 200:
            self.count += 1

    def _check(self, params: Mapping[str, Any], **_: Any) -> None:
        table = params.get("TableName")
        for key in ("Item", "Key"):
            if key in params:
                _check_item(table, params[key], whole=key == "Item")
        for action in params.get("TransactItems", ()):
            for request in action.values():
                self._check(request)
        for name, requests in params.get("RequestItems", {}).items():
            for request in requests if isinstance(requests, list) else ():
                for item in request.values():
                    self._check({"TableName": name, **item})
        for value in params.get("ExpressionAttributeValues", {}).values():
            _check_value(value)


class _Repository(MemoryRepository):
    """Keeps records as the table does: as JSON."""

    def __init__(self, writes: Writes) -> None:
        super().__init__()
        self._writes = writes

    def create(
        self,
        record: Record,
        *,
        aliases: Mapping[str, str] = {},
        unchanged: Iterable[Record] = (),
        touched: Iterable[Record] = (),
    ) -> Record:
        for key in aliases:
            _check_item(TABLE, {"arn": {"S": key}}, whole=True)
        created = super().create(_as_stored(record), aliases=aliases, unchanged=unchanged, touched=touched)
        self._writes.count += 1
        return created

    def update(self, record: Record, *, touched: Iterable[Record] = ()) -> Record:
        updated = super().update(_as_stored(record), touched=touched)
        self._writes.count += 1
        return updated

    def delete(self, record: Record, *, aliases: Iterable[str] = ()) -> None:
        super().delete(record, aliases=aliases)
        self._writes.count += 1


def _as_stored(record: Record) -> Record:
    body = json.dumps(record.body, separators=(",", ":"), ensure_ascii=False)
    item = {"arn": {"S": record.arn}, "kind": {"S": record.resource_type}, "body": {"S": body}}
    if record.parent is not None:
        item["parent"] = {"S": record.parent}
    _check_item(TABLE, item, whole=True)
    return replace(record, body=json.loads(body))


def _check_item(table: str | None, item: Mapping[str, Any], *, whole: bool) -> None:
    for name, most in zip(KEYS.get(table or "", ()), KEY_BYTES, strict=False):
        if not 1 <= len(item[name]["S"].encode()) <= most:
            raise LimitError(f"the key {name} of {table} has {len(item[name]['S'].encode())} bytes")
    for name in INDEX_KEYS:
        if table == TABLE and name in item and not 1 <= len(item[name]["S"].encode()) <= KEY_BYTES[1]:
            raise LimitError(f"the key {name} of an index has {len(item[name]['S'].encode())} bytes")
    for value in item.values():
        _check_value(value)
    size = sum(len(name) + sum(map(_bytes, _texts(value))) for name, value in item.items())
    if whole and size > MAX_ITEM_BYTES:
        raise LimitError(f"an item of {size} bytes")


def _check_value(value: Mapping[str, Any]) -> None:
    number = value.get("N")
    if number is None:
        return
    size = abs(float(number))
    if not math.isfinite(size) or (size and not 1e-130 <= size < 1e126):
        raise LimitError(f"the number {number}")


def _texts(value: Mapping[str, Any]) -> Iterator[str]:
    for one in value.values():
        if isinstance(one, str):
            yield one


def _bytes(text: str) -> int:
    return len(text.encode())
