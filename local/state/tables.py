"""Items of DynamoDB tables: which ones a request has written, and how they come back."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from local.account import Account
from local.state.journal import Entry

_SINGLE = ("PutItem", "UpdateItem", "DeleteItem")
_STATEMENTS = ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction")
_WHOLE_TABLES = ("ImportTable", "RestoreTableFromBackup", "RestoreTableToPointInTime", "DeleteTable")
Key = Mapping[str, Any]


class Tables:
    """The tables of the account."""

    def __init__(self, account: Account) -> None:
        self._backend: DynamoDBBackend = dynamodb_backends[account.id][account.region]

    def entries(self, operation: str, body: Mapping[str, Any]) -> Iterator[Entry]:
        """The items that a request has written, as they are now."""
        if operation in _STATEMENTS or operation in _WHOLE_TABLES:
            names = [body["TableName"]] if operation == "DeleteTable" else list(self._backend.tables)
            yield from (self._whole(_plain(name)) for name in names)
            return
        for name, given in _written(operation, body):
            table = self._backend.tables[_plain(name)]
            key = {attribute: given[attribute] for attribute in _key_attributes(table)}
            yield {"type": "item", "table": table.name, "key": key, "item": _attributes(_find(table, key))}

    def _whole(self, name: str) -> Entry:
        table = self._backend.tables.get(name)
        items = [] if table is None else [_attributes(item) or {} for item in table.all_items()]
        keys = [] if table is None else _key_attributes(table)
        return {
            "type": "table",
            "table": name,
            "items": [{"key": {key: item[key] for key in keys}, "item": item} for item in items],
        }

    def missing(self, names: Iterator[str] | list[str]) -> list[str]:
        """Those of the tables that do not exist."""
        return sorted(name for name in names if name not in self._backend.tables)

    def restore(self, name: str, entries: Mapping[str, Entry]) -> None:
        """Put the items of a table back."""
        table = self._backend.tables[name]
        for entry in entries.values():
            partition, sort = _values(table, entry["key"])
            item = Item(partition, sort, entry["item"])
            if sort is None:
                table.items[partition] = item  # type: ignore[assignment]
            else:
                table.items[partition][sort] = item


def _written(operation: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Key]]:
    """(table, item or key) of each item that a request writes."""
    if operation in _SINGLE:
        yield body["TableName"], body.get("Item") or body["Key"]
    elif operation == "BatchWriteItem":
        for name, requests in body["RequestItems"].items():
            for request in requests:
                yield (
                    name,
                    (
                        request["PutRequest"]["Item"]
                        if "PutRequest" in request
                        else request["DeleteRequest"]["Key"]
                    ),
                )
    elif operation == "TransactWriteItems":
        for action in body["TransactItems"]:
            for name in ("Put", "Update", "Delete"):
                if name in action:
                    yield action[name]["TableName"], action[name].get("Item") or action[name]["Key"]


def _plain(name: str) -> str:
    """The name of a table, which a request may give as an ARN."""
    return name.rsplit("/", 1)[-1]


def _key_attributes(table: Table) -> list[str]:
    return [str(name) for name in (table.hash_key_attr, table.range_key_attr) if name]


def _values(table: Table, key: Key) -> tuple[DynamoType, DynamoType | None]:
    sort = table.range_key_attr
    return DynamoType(key[table.hash_key_attr]), DynamoType(key[sort]) if sort else None


def _find(table: Table, key: Key) -> Item | None:
    partition, sort = _values(table, key)
    items: dict[DynamoType, Any] = table.items
    found: Any = items.get(partition)  # `items[…]` would create a partition
    item: Item | None = found if sort is None or found is None else found.get(sort)
    return item


def _attributes(item: Item | None) -> dict[str, Any] | None:
    if item is None:
        return None
    return {name: _json(value.to_regular_json()) for name, value in item.attrs.items()}


def _json(value: Any) -> Any:
    """A value with its bytes in base64, as in requests."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: _json(one) for key, one in value.items()}
    return [_json(one) for one in value] if isinstance(value, list) else value
