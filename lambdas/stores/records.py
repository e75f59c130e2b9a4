"""The resources table: the repository of records, on DynamoDB."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from tastemaker.control.core.records import Page, Record, already_exists, position_of, read_position
from tastemaker.errors import Conflict, ResourceAlreadyExists, ServiceUnavailable

Item = dict[str, Any]
FAILED_CHECK = "ConditionalCheckFailed"
OTHER_WRITER = {None, "None", FAILED_CHECK, "TransactionConflict"}
"""Why parts of a transaction are canceled because others have written. Parts without a reason are None."""
BUSY = {"ThrottlingError", "ProvisionedThroughputExceeded"}
YES = "yes"
"""The value of the attribute `moving`. Only records with pending work have it, so that its index is small."""


class ResourceTable:
    """A `Repository`. `client` is a DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self.client, self.table = client, table

    def get(self, arn: str) -> Record | None:
        item = self._item(arn)
        return None if item is None or "body" not in item else _record(item)

    def target(self, alias: str) -> str | None:
        item = self._item(alias)
        return None if item is None or "target" not in item else item["target"]["S"]

    def create(
        self,
        record: Record,
        *,
        aliases: Mapping[str, str] = {},
        unchanged: Iterable[Record] = (),
        touched: Iterable[Record] = (),
    ) -> Record:
        stored = replace(record, revision=1)
        absent = "attribute_not_exists(arn)"
        alias_items = [{"arn": {"S": alias}, "target": {"S": arn}} for alias, arn in aliases.items()]
        puts = [
            {"Put": {"TableName": self.table, "Item": item, "ConditionExpression": absent}}
            for item in (_item(stored), *alias_items)
        ]
        checks = [{"ConditionCheck": self._condition(other)} for other in unchanged]
        try:
            self.client.transact_write_items(TransactItems=[*puts, *checks, *map(self._replaced, touched)])
        except self.client.exceptions.TransactionCanceledException as error:
            reasons = _reasons(error)
            for key, reason in zip([record.arn, *aliases], reasons, strict=False):
                if reason == FAILED_CHECK:
                    raise ResourceAlreadyExists(already_exists(self.target(key) or key)) from None
            raise _canceled(error, record.arn) from error
        return stored

    @property
    def _conflicts(self) -> tuple[type[Exception], ...]:
        """What a single write gets when another one was first, or when a transaction checks the item now."""
        known = self.client.exceptions
        return known.ConditionalCheckFailedException, known.TransactionConflictException

    def update(self, record: Record, *, touched: Iterable[Record] = ()) -> Record:
        puts = [self._replaced(one) for one in (record, *touched)]
        try:
            if len(puts) == 1:
                self.client.put_item(**puts[0]["Put"])
            else:
                self.client.transact_write_items(TransactItems=puts)
        except self._conflicts:
            raise _conflict(record.arn) from None
        except self.client.exceptions.TransactionCanceledException as error:
            raise _canceled(error, record.arn) from error
        return _next(record)

    def delete(self, record: Record, *, aliases: Iterable[str] = ()) -> None:
        deletes = [{"Delete": {"TableName": self.table, "Key": {"arn": {"S": alias}}}} for alias in aliases]
        try:
            if deletes:
                deletes.append({"Delete": self._condition(record)})
                self.client.transact_write_items(TransactItems=deletes)
            else:
                self.client.delete_item(**self._condition(record))
        except self._conflicts:
            raise _conflict(record.arn) from None
        except self.client.exceptions.TransactionCanceledException as error:
            raise _canceled(error, record.arn) from error

    def list(
        self,
        *,
        resource_type: str | None,
        parent: str | None = None,
        start: str | None = None,
        limit: int = 100,
    ) -> Page:
        index, key, value = ("by-parent", "parent", parent) if parent else ("by-kind", "kind", resource_type)
        if value is None:
            raise ValueError("A list needs a resource type or a parent.")
        query: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": index,
            "KeyConditionExpression": "#key = :key",
            "ExpressionAttributeNames": {"#key": key},
            "ExpressionAttributeValues": {":key": {"S": value}},
            "ScanIndexForward": False,
        }
        if parent and resource_type:
            query["FilterExpression"] = "#kind = :kind"
            query["ExpressionAttributeNames"]["#kind"] = "kind"
            query["ExpressionAttributeValues"][":kind"] = {"S": resource_type}
        if start is not None:
            created, arn = read_position(start)
            query["ExclusiveStartKey"] = {
                "arn": {"S": arn},
                "createdAt": {"S": _text(created)},
                key: {"S": value},
            }
        records: list[Record] = []
        while len(records) <= limit:
            # One more than the page tells whether there is a next one.
            answer = self.client.query(**query, Limit=limit + 1 - len(records))
            records.extend(_record(item) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                break
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        more = len(records) > limit
        return Page(records[:limit], position_of(records[limit - 1]) if more else None)

    def with_pending_work(self) -> Iterator[Record]:
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            IndexName="by-moving",
            KeyConditionExpression="moving = :yes",
            ExpressionAttributeValues={":yes": {"S": YES}},
        )
        for page in pages:
            yield from map(_record, page["Items"])

    def _item(self, key: str) -> Item | None:
        answer = self.client.get_item(TableName=self.table, Key={"arn": {"S": key}}, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item

    def _replaced(self, record: Record) -> dict[str, Any]:
        """The part of a transaction that stores a record which was read before."""
        condition = {name: value for name, value in self._condition(record).items() if name != "Key"}
        return {"Put": {"Item": _item(_next(record)), **condition}}

    def _condition(self, record: Record) -> dict[str, Any]:
        return {
            "TableName": self.table,
            "Key": {"arn": {"S": record.arn}},
            "ConditionExpression": "revision = :revision",
            "ExpressionAttributeValues": {":revision": {"N": str(record.revision)}},
        }


def _next(record: Record) -> Record:
    return replace(record, revision=record.revision + 1)


def _conflict(arn: str) -> Conflict:
    return Conflict(f"{arn}, or something it refers to, is being changed by another request; try again.")


def _reasons(canceled: ClientError) -> list[str | None]:
    return [reason.get("Code") for reason in canceled.response.get("CancellationReasons", [])]


def _canceled(error: ClientError, arn: str) -> Exception:
    """What a canceled transaction means: another writer, a busy table, or a mistake, which stays as it is."""
    others = {*_reasons(error)} - OTHER_WRITER
    if not others:
        return _conflict(arn)
    if others <= BUSY:
        return ServiceUnavailable(f"The table is busy, so {arn} was not written; try again.")
    return error


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def _item(record: Record) -> Item:
    item = {
        "arn": {"S": record.arn},
        "kind": {"S": record.resource_type},
        "createdAt": {"S": _text(record.created_at)},
        "revision": {"N": str(record.revision)},
        "body": {"S": json.dumps(record.body, separators=(",", ":"), ensure_ascii=False)},
    }
    if record.parent is not None:
        item["parent"] = {"S": record.parent}
    if record.has_pending_work:
        item["moving"] = {"S": YES}
    return item


def _record(item: Item) -> Record:
    body = json.loads(item["body"]["S"])
    parent = item.get("parent", {}).get("S")
    created = datetime.fromisoformat(item["createdAt"]["S"]).timestamp()
    return Record(item["arn"]["S"], item["kind"]["S"], body, parent, created, int(item["revision"]["N"]))
